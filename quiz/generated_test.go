package quiz

import (
	"os"
	"sync"
	"testing"
)

// perLevel is how many questions of each kind and level the tests look at: 10,050 in all with
// FOURWAVE_LONG, 24,975 with FOURWAVE_SOAK.
func perLevel() int {
	switch {
	case os.Getenv("FOURWAVE_SOAK") != "":
		return 333
	case os.Getenv("FOURWAVE_LONG") != "":
		return 134
	}
	return 6
}

// generated keeps the questions that a test asked for, seeds from 0 on: generating them costs more
// than any check of them. Checks must not change an item.
var generated struct {
	sync.Mutex
	kinds map[string]*generatedKind
}

type generatedKind struct {
	sync.Mutex
	levels [4][]*Item // by level; 0 is not used
}

// items returns the first n questions of a kind and level, generated once for all tests.
func items(t *testing.T, kind string, level, n int) []*Item {
	t.Helper()
	generated.Lock()
	if generated.kinds == nil {
		generated.kinds = map[string]*generatedKind{}
	}
	k := generated.kinds[kind]
	if k == nil {
		k = &generatedKind{}
		generated.kinds[kind] = k
	}
	generated.Unlock()

	k.Lock()
	defer k.Unlock()
	for len(k.levels[level]) < n {
		it, err := New(kind, int64(len(k.levels[level])), level)
		if err != nil {
			t.Fatal(err)
		}
		k.levels[level] = append(k.levels[level], it)
	}
	return k.levels[level][:n]
}

func eachItem(t *testing.T, n int, check func(t *testing.T, it *Item)) {
	t.Helper()
	for i := range registry {
		kind := registry[i].ID
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			for level := 1; level <= 3; level++ {
				for _, it := range items(t, kind, level, n) {
					check(t, it)
				}
			}
		})
	}
}
