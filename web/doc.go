// Package web is the page: plain files, embedded, served from nowhere else.
//
// The page knows the server only by the HTTP contract in openapi.yaml, so that whatever it
// shows a program can fetch too; each of its views prints the curl that does. It is made of
// ES modules without a build step. It has four views: #lab, an experiment in its worlds; #matrix, the bind
// rules as a map; #port, the doctor's answer about a port of the machine; #quiz, questions. What is shown is named
// in the page's address. The modules' order, from the wire to the eye:
//
//	api.js      requests, the event stream, streams of lines
//	story.js    events folded into one story a world: steps, entries, segments, tables
//	bands.js    a story cut into bands, one a step, so that worlds can lie side by side
//	rows.js     what of a band a ladder shows, one instant a row
//	ladder.js   rows laid out as shapes: plain numbers, no document
//	scene.js    what the page shows of a lab at one moment
//	ink.js      shapes drawn as SVG
//	matrix.js   which part of the matrix is shown, what models say of it, what was measured
//	port.js     a question about a port, and its answer
//	questions.js  a question, its choice and its mark
//	views       page.js, shelf.js, worlds.js, film.js, steps.js, predict.js, editor.js, matrixview.js, map.js, portview.js, parts.js
//	sight.js    how wide a ladder may be, and what is in sight
//	address.js  what the page's address names
//	memory.js   what the browser keeps for the next visit
//	app.js      the state of the page and what its controls do
//
// i18n.js with en.js and zh.js are the words. Explanations of rules and the texts of the
// experiments come from the server, in the language asked for.
package web
