package text

import "strings"

// Text is a sentence in both languages.
type Text struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

// In returns the text in a language: Chinese for "zh" and its variants, English for every other
// language and for a sentence that has no translation.
func (t Text) In(lang string) string {
	if strings.HasPrefix(lang, "zh") && t.Zh != "" {
		return t.Zh
	}
	return t.En
}

// IsZero reports whether there is no sentence.
func (t Text) IsZero() bool { return t == Text{} }

// Same is a text that reads alike in both languages: a state, an errno, a line of a script.
func Same(s string) Text { return Text{s, s} }

// Plus is t with more behind it, in each language.
func (t Text) Plus(en, zh string) Text { return Text{t.En + en, t.Zh + zh} }

// After is t with more before it, in each language.
func (t Text) After(en, zh string) Text { return Text{en + t.En, zh + t.Zh} }

// String returns the English, for messages to developers.
func (t Text) String() string { return t.En }
