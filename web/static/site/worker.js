// The worker of the static site: loads the models, compiled to WebAssembly, and passes requests on to them.

importScripts("wasm_exec.js"); // Go's own, beside the program

const waiting = [];
self.onmessage = ({ data }) => (self.ask ? self.ask(data) : waiting.push(data));

/** Tells the page, and hands over what was asked meanwhile once the program takes requests. */
const post = self.postMessage.bind(self);
self.postMessage = (message) => {
  post(message);
  if (message.ready) for (const request of waiting.splice(0)) self.ask(request);
};

(async () => {
  try {
    const go = new Go();
    const [program, contract] = await Promise.all([fetch("fourwave.wasm.gz"), fetch("../openapi.yaml")]);
    if (!program.ok || !contract.ok) throw new Error(`HTTP ${program.status}, ${contract.status}`);
    self.contract = await contract.text();
    // The file is compressed for hosts that compress nothing. One that says so itself was unpacked on the way.
    const packed = new Uint8Array(await program.arrayBuffer());
    const gzip = packed[0] === 0x1f && packed[1] === 0x8b;
    const body = gzip ? new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip")) : new Blob([packed]).stream();
    const { instance } = await WebAssembly.instantiate(await new Response(body).arrayBuffer(), go.importObject);
    await go.run(instance);
  } catch (err) {
    post({ failed: String(err.message ?? err) });
  }
})();
