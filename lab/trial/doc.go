// Package trial asks one question of several worlds: may this socket be bound, and listen, where
// others have the port?
//
// A [Trial] says which sockets hold the port, each in its state and role, and which one is bound. A
// [Set] of them runs in all worlds at once and gives an [Answer] each, in order; a [Matrix] is all
// existing sockets of one kind against all new ones. [Trial.Script] writes a trial as an
// experiment.
//
// What it is not: it makes no socket and knows no rule. Worlds do the first ([world.Trials]); a
// difference gets its reason from lab's catalogue.
package trial
