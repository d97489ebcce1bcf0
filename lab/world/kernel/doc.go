// Package kernel is the world of package realsock: a script, or a trial, on the kernel of this
// machine, in real time.
//
// translate.go and judged.go alone know both vocabularies: what realsock reports in the kernel's
// words they say in those of RFC 9293 and of fsm, so that two traces can be laid side by side.
package kernel
