// Command registry serves an OCI registry in memory on loopback, open or behind a login: with
// `--user` and `--password` by basic authentication, and with `--token` by the bearer tokens that its
// own token endpoint gives for that login. It prints its address and ends with its standard input.
package main

import (
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	user := flag.String("user", "", "name of the login")
	password := flag.String("password", "", "password of the login")
	token := flag.Bool("token", false, "give tokens for the login")
	flag.Parse()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	var handler http.Handler = registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	if *user != "" {
		handler = &login{next: handler, user: *user, password: *password, token: *token, address: listener.Addr().String()}
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	fmt.Println(listener.Addr())
	log.Fatal(http.Serve(listener, handler))
}

type login struct {
	next                    http.Handler
	user, password, address string
	token                   bool
	issued                  sync.Map
}

func (l *login) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case l.token && r.URL.Path == "/token":
		l.issue(w, r)
	case l.token && l.isIssued(r), !l.token && l.isUser(r):
		l.next.ServeHTTP(w, r)
	default:
		challenge := `Basic realm="registry"`
		if l.token {
			challenge = fmt.Sprintf(`Bearer realm="http://%s/token",service="registry",scope="repository:charts:pull,push"`, l.address)
		}
		w.Header().Set("WWW-Authenticate", challenge)
		http.Error(w, `{"errors":[{"code":"UNAUTHORIZED"}]}`, http.StatusUnauthorized)
	}
}

func (l *login) isUser(r *http.Request) bool {
	user, password, ok := r.BasicAuth()
	return ok && user == l.user && password == l.password
}

func (l *login) isIssued(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return false
	}
	_, known := l.issued.Load(token)
	return known
}

func (l *login) issue(w http.ResponseWriter, r *http.Request) {
	known := l.isUser(r)
	if r.Method == http.MethodPost {
		known = known || r.PostFormValue("username") == l.user && r.PostFormValue("password") == l.password
	}
	if !known {
		http.Error(w, `{"errors":[{"code":"UNAUTHORIZED"}]}`, http.StatusUnauthorized)
		return
	}
	token := rand.Text()
	l.issued.Store(token, true)
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"token":%q,"access_token":%q}`, token, token)
}
