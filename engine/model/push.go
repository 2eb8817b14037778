package model

// PushSource are the fields of Source that only the pipelines that push have.
type PushSource struct {
	// Arguments are `--set` and its like as a command line has them.
	Arguments []HelmArgument `json:"arguments,omitempty"`
	// SkipHooks is `--no-hooks`.
	SkipHooks bool `json:"skipHooks,omitempty"`
}

// HelmArgument is one `--set`, `--set-string`, `--set-file`, `--set-json` or `--set-literal`; Flag is
// without the dashes. Files of `--set-file` are looked for from Folder, which is below the root.
type HelmArgument struct {
	Flag   string `json:"flag"`
	Text   string `json:"text"`
	Folder string `json:"folder,omitempty"`
}
