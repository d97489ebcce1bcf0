package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// together is how many experiments run in the kernel at once. They mostly sleep.
const together = 6

// index is recorded/index.json.
type index struct {
	Release     string   `json:"release"` // of the kernel
	Date        string   `json:"date"`    // of the recording, 2006-01-02
	Experiments []string `json:"experiments"`
}

// errNoKernel says that there is no kernel to record here.
var errNoKernel = errors.New("the kernel world does not run here")

// record runs the library in the models and the kernel, and keeps what the server says of it.
func (s *site) record(ctx context.Context, library []entry) error {
	release, err := s.kernel(ctx)
	if errors.Is(err, errNoKernel) {
		log.Print(err, ": the site has no recorded runs")
		return nil
	} else if err != nil {
		return err
	}
	in := index{Release: release, Date: time.Now().UTC().Format(time.DateOnly)}
	var mu sync.Mutex
	var wg sync.WaitGroup
	var failed []error
	free := make(chan struct{}, together)
	for _, e := range library {
		wait, _ := time.ParseDuration(e.Needs["kernel"])
		if s.only != nil && !slices.Contains(s.only, e.ID) {
			continue
		} else if wait > s.longest {
			log.Printf("%s waits for %s in the kernel and is left out", e.ID, wait)
			continue
		}
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			err := s.recordOne(ctx, e.ID, wait+2*time.Minute)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", e.ID, err))
				return
			}
			in.Experiments = append(in.Experiments, e.ID)
		})
	}
	wg.Wait()
	slices.Sort(in.Experiments)
	if err := s.writeJSON("recorded/index.json", in); err != nil {
		return err
	}
	return errors.Join(failed...)
}

// kernel is the release of the kernel that runs experiments here.
func (s *site) kernel(ctx context.Context) (string, error) {
	b, err := s.get(ctx, "/v1/capabilities", "en")
	if err != nil {
		return "", err
	}
	var c struct {
		System struct{ Kernel string }
		Worlds []struct {
			Name, Why string
			Runs      bool
		}
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return "", err
	}
	for _, w := range c.Worlds {
		if w.Name == "kernel" && w.Runs {
			return c.System.Kernel, nil
		} else if w.Name == "kernel" {
			return "", fmt.Errorf("%w: %s", errNoKernel, w.Why)
		}
	}
	return "", errNoKernel
}

// lab is a lab as the server gives it; what the site does not look at stays as it came.
type lab map[string]any

func (l lab) word(name string) string {
	word, _ := l[name].(string)
	return word
}

// recordOne runs an experiment in the model and the kernel and writes the finished lab.
func (s *site) recordOne(ctx context.Context, id string, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	body, err := json.Marshal(map[string]any{"experiment": id, "worlds": []string{"model", "kernel"}})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+"/v1/labs", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	made, err := s.do(r, "en")
	if err != nil {
		return err
	}
	l := lab{}
	if err := json.Unmarshal(made, &l); err != nil {
		return err
	}
	at := "/v1/labs/" + url.PathEscape(l.word("id"))
	for l.word("status") == "running" {
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := s.getJSON(ctx, at, "en", &l); err != nil {
			return err
		}
	}
	if l.word("status") != "done" {
		return fmt.Errorf("the lab is %s: %s", l.word("status"), l.word("error"))
	}
	for _, lang := range []string{"en", "zh"} {
		if err := s.keep(ctx, id, at, lang); err != nil {
			return err
		}
	}
	for _, world := range []string{"model", "kernel"} {
		b, err := s.get(ctx, at+"/trace?format=pcapng&world="+world, "en")
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(s.out, "recorded", id+"-"+world+".pcapng"), b); err != nil {
			return err
		}
	}
	return nil
}

// keep writes a finished lab with all its events, in a language.
func (s *site) keep(ctx context.Context, id, at, lang string) error {
	l := lab{}
	if err := s.getJSON(ctx, at, lang, &l); err != nil {
		return err
	}
	l["id"] = "recorded-" + id
	events := []json.RawMessage{}
	for {
		var page struct{ Events []json.RawMessage }
		if err := s.getJSON(ctx, fmt.Sprintf("%s/events?after=%d", at, len(events)), lang, &page); err != nil {
			return err
		}
		if len(page.Events) == 0 {
			break
		}
		events = append(events, page.Events...)
	}
	return s.writeJSON("recorded/"+lang+"/"+id+".json", map[string]any{"lab": l, "events": events})
}

func (s *site) getJSON(ctx context.Context, path, lang string, into any) error {
	b, err := s.get(ctx, path, lang)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

func (s *site) writeJSON(name string, v any) error {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	return writeFile(filepath.Join(s.out, name), []byte(b.String()))
}
