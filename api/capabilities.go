package api

import (
	"net/http"
	"runtime"

	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/lab/world"
)

// getCapabilities answers GET /v1/capabilities.
func (s *Server) getCapabilities(c echo.Context) error {
	worlds := s.Labs.Worlds()
	out := doc.Capabilities{
		Version: s.Version, System: doc.System{OS: runtime.GOOS, Arch: runtime.GOARCH},
		Worlds: doc.Each(worlds, func(w world.Info) doc.World { return viewWorld(w, langOf(c)) }),
		Limits: doc.Limits{
			Body: maxBody, Bodies: s.contract.largeBodies(), Script: s.Limits.Script, Steps: s.Limits.Steps,
			Running: s.Limits.Running,
			Kept:    s.Limits.Kept, Stored: s.LabsStored, Worlds: s.Limits.Worlds,
			Real: doc.Duration(s.Limits.RealWait),
			Idle: doc.Duration(s.Limits.Idle), Wait: doc.Duration(maxWait), Events: maxEvents, Streams: maxStreams,
			StreamsEach: maxStreamsEach,
			Memory:      s.Limits.Memory, MemoryEach: s.Limits.MemoryEach,
		},
	}
	for _, w := range worlds {
		if release := w.Details["release"]; release != "" {
			out.System.Kernel = release
		}
	}
	return writeJSON(c, http.StatusOK, "application/json", out)
}

func viewWorld(w world.Info, lang string) doc.World {
	return doc.World{
		Name: w.Name, What: w.What.In(lang), Time: string(w.Clock), Clock: string(w.Clock),
		System: w.System, Release: w.Release, Forks: w.Forks, Trials: w.Trials, Captures: w.Captures,
		Measured: w.Measured, Default: w.Default, Runs: w.Runs, Why: w.Why, Remedy: w.Remedy,
		Limits: w.Limits, Details: w.Details,
	}
}
