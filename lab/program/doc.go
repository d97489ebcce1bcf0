// Package program writes an experiment as a small program in C, Go or Python, for a reader who
// wants to see the same thing happen on a machine of their own.
//
// Both ends of the connection run in one process, on loopback addresses, and every line of the
// script becomes one system call that prints its result under the line's own words. The program
// ends by running fourwave why on the port that the experiment is about.
//
// What it is not: it has no wire. A script that loses, holds or forges segments, sets a sysctl of
// the whole machine, or needs calls that go on in the background cannot be written so, and [Write]
// returns a [Refusal] that names the line and says why.
//
// Simplifications: the two hosts share one port space, so a script in which both bind the same port
// is refused; the loopback's MTU is 65,536 bytes, so a script that sets buffer sizes is refused too;
// lines that look at a state become comments.
package program
