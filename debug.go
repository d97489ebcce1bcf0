package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// serveDebug serves what only the operator should see, until ctx ends: the counters and Go's
// profiles.
func serveDebug(ctx context.Context, listen string, metrics http.Handler, log *slog.Logger) error {
	if listen == "" {
		return nil
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return &statusError{exitCannot, fmt.Errorf("--debug-listen: %w", oneLine{err})}
	}
	if !isLoopback(l.Addr()) {
		log.Warn("whoever reaches --debug-listen sees memory, secrets included: loopback is meant", "listen",
			l.Addr().String())
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10}
	context.AfterFunc(ctx, func() { server.Close() })
	log.Info("metrics and profiles", "listen", l.Addr().String())
	go server.Serve(l)
	return nil
}
