package lab

import (
	"fourwave/api/doc"
	"fourwave/lab/world"
)

// WhyIn is the document of a reason in a language, "en" or "zh"; nil of nil.
func WhyIn(lang string, w *world.Why) *doc.Why {
	if w == nil {
		return nil
	}
	return &doc.Why{
		Rule: w.Rule, Text: w.Text.In(lang), Source: w.Source, Conflict: w.Conflict.In(lang), Remedy: w.Remedy.In(lang),
		Passes: w.Passes.In(lang),
	}
}
