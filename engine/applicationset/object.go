package applicationset

// object is an Application with the fields that the controller copies into the cluster.
type object struct {
	APIVersion string          `json:"apiVersion"`
	Kind       string          `json:"kind"`
	Metadata   objectMeta      `json:"metadata"`
	Spec       applicationSpec `json:"spec"`
	Operation  *operation      `json:"operation,omitempty"`
}

type objectMeta struct {
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
	Finalizers  []string          `json:"finalizers,omitempty"`
}

func objectOf(app application) object {
	return object{
		APIVersion: "argoproj.io/v1alpha1", Kind: "Application",
		Metadata: objectMeta{
			Name: app.Name, Namespace: app.Namespace, Labels: app.Labels, Annotations: app.Annotations,
			Finalizers: app.Finalizers,
		},
		Spec: normalized(app.Spec), Operation: app.Operation,
	}
}

// normalized makes the changes that the controller makes so that it does not fight with the
// application controller (util/argo, NormalizeApplicationSpec). Those to `sources` have no effect there.
func normalized(spec applicationSpec) applicationSpec {
	if spec.Project == "" {
		spec.Project = "default"
	}
	if p := spec.SyncPolicy; p != nil && p.Automated == nil && len(p.SyncOptions) == 0 && p.Retry == nil && p.ManagedNamespaceMetadata == nil {
		spec.SyncPolicy = nil
	}
	if len(spec.Sources) > 0 || spec.Source == nil {
		return spec
	}
	only := *spec.Source
	if only.Kustomize.empty() {
		only.Kustomize = nil
	}
	if only.Helm.empty() {
		only.Helm = nil
	}
	if d := only.Directory; d != nil && !d.Recurse && d.Jsonnet.empty() {
		only.Directory = nil
		if d.Include != "" || d.Exclude != "" {
			only.Directory = &sourceDirectory{Include: d.Include, Exclude: d.Exclude}
		}
	}
	spec.Source = &only
	return spec
}

func (h *sourceHelm) empty() bool {
	return h == nil || h.Version == "" && h.ReleaseName == "" && len(h.ValueFiles) == 0 && len(h.Parameters) == 0 &&
		len(h.FileParameters) == 0 && h.Values == "" && (h.ValuesObject == nil || h.ValuesObject.Raw == nil) &&
		!h.PassCredentials && !h.IgnoreMissingValueFiles && !h.SkipCrds && !h.SkipTests && !h.SkipSchemaValidation &&
		h.KubeVersion == "" && len(h.APIVersions) == 0 && h.Namespace == ""
}

// empty does not look at every field, as Argo CD does not.
func (k *sourceKustomize) empty() bool {
	return k == nil || k.NamePrefix == "" && k.NameSuffix == "" && k.Version == "" && k.Namespace == "" &&
		len(k.Images) == 0 && len(k.Replicas) == 0 && len(k.CommonLabels) == 0 && len(k.CommonAnnotations) == 0 &&
		len(k.Patches) == 0 && len(k.Components) == 0 && k.KubeVersion == "" && len(k.APIVersions) == 0 &&
		!k.IgnoreMissingComponents
}

func (j jsonnet) empty() bool { return len(j.ExtVars) == 0 && len(j.TLAs) == 0 && len(j.Libs) == 0 }
