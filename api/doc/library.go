package doc

// Experiment is a script of the library with its texts in the caller's language and in both.
type Experiment struct {
	ID string `json:"id"`
	ExperimentText
	Texts  map[string]ExperimentText `json:"texts"` // by language: en, zh
	Tags   []string                  `json:"tags"`  // the first one is its chapter
	Needs  map[string]Duration       `json:"needs"` // by world, in the time of the caller's clock
	Script string                    `json:"script"`
}

// ExperimentText is what an experiment says of itself.
type ExperimentText struct {
	Title    string `json:"title"`
	Question string `json:"question"`
	Chapter  string `json:"chapter"` // the title of the chapter of the library
	Explain  string `json:"explain"` // what is to be seen once it has run
}

// ExperimentList answers GET /v1/experiments.
type ExperimentList struct {
	Items []Experiment `json:"items"`
}

// Difference is an entry of the catalogue of known differences between worlds.
type Difference struct {
	ID     string            `json:"id"`
	Worlds [][]string        `json:"worlds"`           // groups; those of one group behave alike
	Kernel string            `json:"kernel,omitempty"` // releases of Linux: "6.18 seen", "5.7 on", "to 6.7"
	Text   string            `json:"text"`             // what differs
	Texts  map[string]string `json:"texts"`            // the same, by language
	Source string            `json:"source"`           // an RFC's section, a kernel's function
	Seen   []string          `json:"seen"`             // how it is recognised
}

// DifferenceList answers GET /v1/differences.
type DifferenceList struct {
	Items []Difference `json:"items"`
}
