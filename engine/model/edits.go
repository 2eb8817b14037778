package model

// FileEdit is a file as a pipeline has changed it before it is read: Path has the text of From, which
// may be the same, after these steps.
type FileEdit struct {
	Path  string     `json:"path"`
	From  string     `json:"from"`
	Steps []TextStep `json:"steps"`
}

// TextStep is one program on the way of a text: `envsubst` fills in variables, `replace` is `s` of sed.
type TextStep struct {
	Kind string `json:"kind"`

	// Variables are those that the program is given; of a name that is not among them, Unknown says
	// what stands in its place, between its two texts. Only limits the names, where it is not nil.
	Variables map[string]string `json:"variables,omitempty"`
	Unknown   [2]string         `json:"unknown,omitzero"`
	Only      *[]string         `json:"only,omitempty"`

	// Pattern is an extended regular expression of POSIX, matched within lines.
	Pattern     string        `json:"pattern,omitempty"`
	Replacement []Replacement `json:"replacement,omitempty"`
	All         bool          `json:"all,omitempty"`
}

// Replacement is a part of what stands in the place of a match: a text, or a group of the match.
type Replacement struct {
	Text  string `json:"text,omitempty"`
	Group *int   `json:"group,omitempty"`
}
