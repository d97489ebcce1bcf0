// Captured packets out of a pcapng file, as draft-ietf-opsawg-pcapng has it: enhanced packet blocks alone.

const sectionHeader = 0x0a0d0d0a;
const interfaceDescription = 1;
const enhancedPacket = 6;
const little = 0x1a2b3c4d;

/** The packets of a file: {link, bytes, length}; link is the link type of the interface, length what the packet had on the wire. */
export function packetsOf(buffer) {
  const view = new DataView(buffer);
  const packets = [];
  let links = [];
  let le = true;
  for (let at = 0; at + 12 <= view.byteLength; ) {
    const type = view.getUint32(at, le);
    if (type === sectionHeader) {
      le = view.getUint32(at + 8, true) === little;
      links = [];
    }
    const size = view.getUint32(at + 4, le);
    if (size < 12 || at + size > view.byteLength) break;
    if (type === interfaceDescription) links.push(view.getUint16(at + 8, le));
    if (type === enhancedPacket) {
      const captured = Math.min(view.getUint32(at + 20, le), size - 32);
      packets.push({ link: links[view.getUint32(at + 8, le)], bytes: new Uint8Array(buffer, at + 28, captured), length: view.getUint32(at + 24, le) });
    }
    at += size;
  }
  return packets;
}
