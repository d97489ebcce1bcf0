// Package model is the world of package fsm: a script, or a trial, on the state machine under a
// profile, in virtual time.
//
// [Run] runs a script at once and gives its story, for callers that want an answer and no lab.
package model
