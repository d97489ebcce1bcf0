package api

import (
	"github.com/labstack/echo/v4"
	"golang.org/x/text/language"
)

// languages are those that texts exist in, in the order of languageTags.
var languages = []string{"en", "zh"}

var matcher = language.NewMatcher([]language.Tag{language.English, language.Chinese})

const languageKey = "api.language"

// chooseLanguage finds the language that the caller likes best among ours; English without a wish.
func chooseLanguage(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		_, i := language.MatchStrings(matcher, c.Request().Header.Get("Accept-Language"))
		c.Set(languageKey, languages[i])
		return next(c)
	}
}

// langOf is the request's language, "en" or "zh".
func langOf(c echo.Context) string {
	lang, _ := c.Get(languageKey).(string)
	return lang
}

// setLanguage says in which language the answer is.
func setLanguage(c echo.Context) {
	c.Response().Header().Set("Content-Language", langOf(c))
	c.Response().Header().Add("Vary", "Accept-Language")
}
