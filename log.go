package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"fourwave/internal/text"
)

// logging says what is logged and how.
type logging struct {
	level  string
	format string
}

func (l *logging) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.level, "log-level", "info", "what is logged at least: debug, info, warn or error")
	cmd.Flags().StringVar(&l.format, "log-format", "", "text or json (default text on a terminal, otherwise json)")
}

// logger writes a line for each record. What came from outside (a route, an error that quotes a
// request, an address) is cleaned, so that it cannot end the line or act on a terminal.
func (l *logging) logger(w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.level)); err != nil {
		return nil, fmt.Errorf("--log-level: %w", oneLine{err})
	}
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: cleanAttr}
	format := l.format
	if f, ok := w.(*os.File); format == "" && ok && isatty.IsTerminal(f.Fd()) {
		format = "text"
	}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	case "json", "":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return nil, errors.New("--log-format is text or json")
}

func cleanAttr(_ []string, a slog.Attr) slog.Attr {
	switch v := a.Value.Any().(type) {
	case string:
		a.Value = slog.StringValue(text.Clean(v))
	case error:
		a.Value = slog.StringValue(text.Clean(v.Error()))
	}
	return a
}
