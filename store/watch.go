package store

import "sync"

// watchers wakes those who watch a topic in this process.
type watchers struct {
	mu      sync.Mutex
	byTopic map[string]map[chan struct{}]bool
}

// Watch implements [Store].
func (w *watchers) Watch(topic string) (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byTopic == nil {
		w.byTopic = make(map[string]map[chan struct{}]bool)
	}
	if w.byTopic[topic] == nil {
		w.byTopic[topic] = make(map[chan struct{}]bool)
	}
	w.byTopic[topic][c] = true
	return c, func() { w.forget(topic, c) }
}

func (w *watchers) forget(topic string, c chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.byTopic[topic], c)
	if len(w.byTopic[topic]) == 0 {
		delete(w.byTopic, topic)
	}
}

// wake wakes all who watch the topic, without waiting for any.
func (w *watchers) wake(topic string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.byTopic[topic] {
		poke(c)
	}
}

// wakeAll wakes everyone, after a time in which notifications may have been lost.
func (w *watchers) wakeAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, set := range w.byTopic {
		for c := range set {
			poke(c)
		}
	}
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // a wake-up is waiting already
	}
}
