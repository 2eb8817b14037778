// Command applicationset expands ApplicationSets with Argo CD's own packages, without a server: its
// generators, its templating, and its repository server's reading of Git. It reads a list of cases
// from standard input and writes a list of results.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/argoproj/argo-cd/v3/applicationset/controllers/template"
	"github.com/argoproj/argo-cd/v3/applicationset/generators"
	"github.com/argoproj/argo-cd/v3/applicationset/utils"
	"github.com/argoproj/argo-cd/v3/common"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/reposerver/apiclient"
	"github.com/argoproj/argo-cd/v3/reposerver/cache"
	"github.com/argoproj/argo-cd/v3/reposerver/metrics"
	"github.com/argoproj/argo-cd/v3/reposerver/repository"
	"github.com/argoproj/argo-cd/v3/util/argo"
	cacheutil "github.com/argoproj/argo-cd/v3/util/cache"
	"github.com/argoproj/argo-cd/v3/util/git"
	log "github.com/sirupsen/logrus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Cluster is what a cluster secret of Argo CD says.
type Cluster struct {
	Name        string            `json:"name"`
	Server      string            `json:"server"`
	Project     *string           `json:"project"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// Case is one ApplicationSet; every repository that it names is the one in Folder.
type Case struct {
	ApplicationSet  json.RawMessage `json:"applicationSet"`
	Folder          string          `json:"folder"`
	Clusters        []Cluster       `json:"clusters"`
	NewFileGlobbing bool            `json:"newFileGlobbing"`
}

// Result is what the controller would create, or why it would not.
type Result struct {
	Applications []v1alpha1.Application `json:"applications"`
	Error        string                 `json:"error,omitempty"`
}

func main() {
	log.SetOutput(io.Discard)
	scratch, err := os.MkdirTemp("", "applicationset-")
	if err == nil {
		err = answer(scratch)
		_ = os.RemoveAll(scratch)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answer(scratch string) error {
	var cases []Case
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		return err
	}
	service := repository.NewService(metrics.NewMetricsServer(),
		cache.NewCache(cacheutil.NewCache(cacheutil.NewInMemoryCache(time.Hour)), time.Hour, time.Hour, time.Hour),
		repository.RepoServerInitConstants{ParallelismLimit: 1}, git.NoopCredsStore{}, scratch)
	if err := service.Init(); err != nil {
		return err
	}
	results := make([]Result, len(cases))
	for i, one := range cases {
		results[i] = expand(service, one)
	}
	return json.NewEncoder(os.Stdout).Encode(results)
}

func expand(service *repository.Service, one Case) (result Result) {
	defer func() {
		if cause := recover(); cause != nil {
			result = Result{Error: fmt.Sprint("panic: ", cause)}
		}
	}()
	var set v1alpha1.ApplicationSet
	if err := json.Unmarshal(one.ApplicationSet, &set); err != nil {
		return Result{Error: "decode: " + err.Error()}
	}
	secrets := secretsOf(one.Clusters)
	reader := objects{secrets: secrets}
	table := generators.GetGenerators(context.Background(), reader, clientset{secrets: secrets}, "argocd",
		repos{service, one.Folder, one.NewFileGlobbing}, nil, generators.SCMConfig{})
	apps, _, err := template.GenerateApplications(log.NewEntry(log.StandardLogger()), set, table, &utils.Render{}, reader)
	if err != nil {
		result.Error = err.Error()
	}
	for i := range apps {
		apps[i].Spec = *argo.NormalizeApplicationSpec(&apps[i].Spec)
	}
	result.Applications = apps
	return result
}

func secretsOf(clusters []Cluster) []corev1.Secret {
	secrets := []corev1.Secret{}
	for _, cluster := range clusters {
		labels := map[string]string{common.LabelKeySecretType: common.LabelValueSecretTypeCluster}
		for key, value := range cluster.Labels {
			labels[key] = value
		}
		data := map[string][]byte{"name": []byte(cluster.Name), "server": []byte(cluster.Server), "config": []byte("{}")}
		if cluster.Project != nil {
			data["project"] = []byte(*cluster.Project)
		}
		secrets = append(secrets, corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: "cluster-" + cluster.Name, Namespace: "argocd", Labels: labels, Annotations: cluster.Annotations},
			Data:       data,
		})
	}
	return secrets
}

// repos reads a folder through Argo CD's repository server.
type repos struct {
	service         *repository.Service
	folder          string
	newFileGlobbing bool
}

func (r repos) GetFiles(ctx context.Context, _, revision, _, pattern string, noRevisionCache, verifyCommit bool) (map[string][]byte, error) {
	response, err := r.service.GetGitFiles(ctx, &apiclient.GitFilesRequest{
		Repo: &v1alpha1.Repository{Repo: "file://" + r.folder}, Revision: revision, Path: pattern,
		NewGitFileGlobbingEnabled: r.newFileGlobbing, NoRevisionCache: noRevisionCache, VerifyCommit: verifyCommit,
	})
	return response.GetMap(), err
}

func (r repos) GetDirectories(ctx context.Context, _, revision, _ string, noRevisionCache, verifyCommit bool) ([]string, error) {
	response, err := r.service.GetGitDirectories(ctx, &apiclient.GitDirectoriesRequest{
		Repo: &v1alpha1.Repository{Repo: "file://" + r.folder}, Revision: revision,
		NoRevisionCache: noRevisionCache, VerifyCommit: verifyCommit,
	})
	return response.GetPaths(), err
}

// objects answers the generators' questions to the cluster: any project exists.
type objects struct {
	client.Client
	secrets []corev1.Secret
}

func (objects) Get(context.Context, client.ObjectKey, client.Object, ...client.GetOption) error {
	return nil
}

func (o objects) List(_ context.Context, list client.ObjectList, options ...client.ListOption) error {
	var asked client.ListOptions
	asked.ApplyOptions(options)
	for _, secret := range o.secrets {
		if asked.LabelSelector == nil || asked.LabelSelector.Matches(labelSet(secret.Labels)) {
			list.(*corev1.SecretList).Items = append(list.(*corev1.SecretList).Items, secret)
		}
	}
	return nil
}

type labelSet map[string]string

func (l labelSet) Has(key string) bool   { _, ok := l[key]; return ok }
func (l labelSet) Get(key string) string { return l[key] }
func (l labelSet) Lookup(key string) (string, bool) {
	value, ok := l[key]
	return value, ok
}

type clientset struct {
	kubernetes.Interface
	secrets []corev1.Secret
}

func (c clientset) CoreV1() typedcorev1.CoreV1Interface { return core{secrets: c.secrets} }

type core struct {
	typedcorev1.CoreV1Interface
	secrets []corev1.Secret
}

func (c core) Secrets(string) typedcorev1.SecretInterface { return lister{secrets: c.secrets} }

type lister struct {
	typedcorev1.SecretInterface
	secrets []corev1.Secret
}

func (l lister) List(context.Context, metav1.ListOptions) (*corev1.SecretList, error) {
	return &corev1.SecretList{Items: l.secrets}, nil
}
