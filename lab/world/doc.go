// Package world says what a script runs in: the model under some profile, a real kernel, or
// whatever else carries out the steps of a script.
//
// A [World] takes groups of steps and gives their results; everything it sees it tells its
// [Observer], as it happens, in the words of package fsm. [Info] says what a world is and whether it
// can run here. [Trials] is the other thing a world may offer: to build the situation of one bind,
// make the call, and say what it came to.
//
// What it is not: it runs nothing itself. The worlds are packages below this one.
package world
