package quiz

// Goal is what a script, or steps, must reach.
type Goal struct {
	Setup    []string `json:"setup,omitempty"`
	Goals    []string `json:"goals"`
	MaxSteps int      `json:"max_steps,omitempty"`
}

func (p *Part) markScript(a Answer) (verdict, error)                     { return verdict{}, nil }
func (p *Part) markSteps(a Answer) (verdict, error)                      { return verdict{}, nil }
func (p *Part) markScriptOrder(ids []string, v verdict) (verdict, error) { return v, nil }
