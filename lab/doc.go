// Package lab runs one experiment in several worlds and lays the results side by side.
//
// An experiment is a script: a text file, one call a line, that says beforehand how each line
// ends. [Parse] reads it. A [World] carries it out: the model under some profile, in virtual time,
// or a real kernel, in real time. A [Lab] runs one script in all the worlds asked for, each in a
// goroutine of its own, keeps one ordered log of what happened, and gives each step a [Verdict]:
// agree, differ, or not run. A difference is a finding, not a failure.
//
// What it is not: it decides no state and makes no socket; it only knows who does.
//
// # Simplifications
//
// A line that is restricted to other worlds is skipped together with its delay, so worlds may
// reach a line at different times of their own. States and segments are compared as sequences;
// ports that the script does not name are taken as equal, since each system chooses its own.
package lab
