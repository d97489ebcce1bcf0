// Grades QTI 3 items with the player of qti-components, in a page: played(xml, responses) gives what each response
// scores and how many answers the item offers.
async function played(xml, responses) {
  const host = document.createElement("qti-item");
  const container = document.createElement("item-container");
  container.itemXML = xml; // before the element is attached, or it shows nothing
  host.append(container);
  document.body.append(host);
  try {
    const item = await shown(container);
    const offered = item.querySelectorAll("qti-simple-choice, qti-simple-associable-choice, qti-text-entry-interaction").length;
    const scores = responses.map((response) => {
      item.resetResponses();
      for (const [id, value] of Object.entries(response)) item.updateResponseVariable(id, value);
      item.processResponse();
      return Number(item.variables.find((v) => v.identifier === "SCORE").value ?? 0);
    });
    return { offered, scores };
  } finally {
    host.remove();
  }
}

// shown waits until an item and its interactions are there, ten seconds at most.
async function shown(container) {
  for (const end = Date.now() + 10000; Date.now() < end; await new Promise((done) => setTimeout(done))) {
    const item = container.shadowRoot?.querySelector("qti-assessment-item");
    if (!item?.isConnected) continue;
    await item.updateComplete;
    const parts = [...item.querySelectorAll("*")].filter((e) => e.localName.endsWith("-interaction"));
    await Promise.all(parts.map((p) => p.updateComplete));
    return item;
  }
  throw new Error("the player does not show the item");
}
