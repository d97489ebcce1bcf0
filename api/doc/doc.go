// Package doc has the documents of the HTTP contract (openapi.yaml) as Go types: what package api
// writes, the command line prints, the store keeps and a client reads.
//
// The types say how a document looks in JSON and nothing else; they have no behaviour that decides
// anything, and import nothing of this module. Packages lab, doctor and class make the documents.
//
// Times are RFC 3339 in UTC; durations are strings such as "60s" (time.ParseDuration reads them).
package doc
