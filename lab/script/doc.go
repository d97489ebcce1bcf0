// Package script is the language of experiments: a text file, one call a line, that says
// beforehand how each line ends.
//
// [Parse] reads a whole script, a [Reader] one that arrives in parts. A [Step] is one line, its
// [Command] the call that the line makes. A mistake is reported with its place and the word that was
// probably meant; a script with one is not run at all.
//
// What it is not: it runs nothing and knows no world.
package script
