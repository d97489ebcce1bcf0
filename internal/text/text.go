package text

// Text is a sentence in both languages.
type Text struct{ En, Zh string }

// In returns the text in a language, "en" or "zh"; English stands in for a missing translation and for
// every other language.
func (t Text) In(lang string) string {
	if lang == "zh" && t.Zh != "" {
		return t.Zh
	}
	return t.En
}
