// Command site writes fourwave as a static site, which any web server can host and which needs no
// server of ours: the same page, with the models running in the reader's browser as WebAssembly,
// and for the kernel's side runs that are recorded now, on this machine, with its release and the
// day.
//
//	go run ./site -out dist/site
//
// It builds the program, runs it on a free port, and takes from it what a browser would: the pages
// that need no script, the page's files, and every experiment of the library as a finished lab in
// the models and the kernel. Where the kernel world does not run, the site has no recorded runs, and
// says nothing of a kernel.
//
// The site's layout, where MODEL is compressed so that a host need not compress it:
//
//	index.html, zh/index.html           the first page, in both languages
//	experiments/ID/, experiments/ID/zh/ the experiments, without JavaScript
//	guide/NAME/, guide/NAME/zh/         the guides
//	static/                             the page's files
//	model/                              worker.js, wasm_exec.js, fourwave.wasm.gz
//	openapi.yaml                        the contract, which the worker answers by
//	recorded/index.json                 {release, date, experiments}
//	recorded/LANG/ID.json               {lab, events}
//	recorded/ID-WORLD.pcapng            what was captured
//
// All links are relative, so the site may lie below any path.
package main
