// Package quiz asks questions about closing connections and reusing ports, and marks the answers.
//
// No key is written down. A question is drawn by its kind and seed, and what is right is what the
// model does: the arrow that the state machine takes, or the result of a bind at the end of a
// script that package lab has run on the model. So are the reasons and the experiments that show
// them. The same kind and seed give the same question in every language and on every machine,
// for as long as the model decides alike; a [Question]'s token tells when it no longer does.
//
// What it is not: it keeps nothing. A token says all that marking needs, so no question is
// remembered, and whoever runs the program can work out the key, as they can with the model itself.
//
// # Simplifications
//
// A question about the next state is asked only where RFC 9293 and Linux agree, and only about
// events that the other end can bring about by following the protocol, or an attacker by guessing.
// A question about bind supposes IPv4, one user and default settings.
package quiz
