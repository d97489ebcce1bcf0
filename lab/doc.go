// Package lab runs one experiment in several worlds and lays the results side by side.
//
// An experiment is a script: a text file, one call a line, that says beforehand how each line
// ends. [script.Parse] reads it. A [world.World] carries it out: the model under some profile, in virtual time,
// or a real kernel, in real time. A [Lab] runs one script in all the worlds asked for, each in a
// goroutine of its own, keeps one ordered log of what happened, and gives each step a [Verdict]:
// agree, differ, or not run. A difference is a finding, not a failure.
//
// Worlds are laid side by side step by step: results, the states of each socket, the segments of each
// end of each connection and the times that timers took are aligned, so that one more or less in the middle
// does not make all that follows differ. Each difference gets its reason from the catalogue of known
// differences (differences.txt), or from an earlier one at the same connection that it follows from; what
// nobody can explain is said to be unexplained.
//
// What it is not: it decides no state and makes no socket; it only knows who does.
//
// # Simplifications
//
// A line that is restricted to other worlds is skipped together with its delay, so worlds may
// reach a line at different times of their own. States and segments are compared as sequences;
// ports that the script does not name are taken as equal, since each system chooses its own. What a
// world went through in lines that the other did not run says nothing against the other. That a difference
// follows from another is told by their connection and their order alone.
//
// A capture file ([Lab.WritePcapng]) keeps 160 octets of a frame, and of a lab as many frames as
// Limits.Events admits.
package lab
