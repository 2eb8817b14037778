package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"helm.sh/helm/v4/pkg/repo/v1"
)

const maxRedirects = 5

// guard stands between the libraries and the network. It ends what takes too long or grows too large,
// and keeps credentials with the server that they are for.
type guard struct {
	base   http.RoundTripper
	ctx    context.Context
	limits Limits
	// plain allows addresses without TLS: only where the first one had none either.
	plain    bool
	progress func(read int64)
}

// client gives a client whose every request the guard sees.
func (s *session) client(entry *repo.Entry, plain bool, progress func(int64)) (*http.Client, error) {
	base, err := s.transport(entry)
	if err != nil {
		return nil, err
	}
	return &http.Client{
		Transport:     &guard{base: base, ctx: s.ctx, limits: s.limits, plain: plain, progress: progress},
		CheckRedirect: checkRedirect,
	}, nil
}

// transport speaks through the proxy and with the certificates that the user set up.
func (s *session) transport(entry *repo.Entry) (*http.Transport, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if entry != nil {
		if err := userTLS(config, entry); err != nil {
			return nil, err
		}
	}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: s.limits.idle()}).DialContext,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    s.limits.idle(),
		ResponseHeaderTimeout:  s.limits.idle(),
		MaxResponseHeaderBytes: 1 << 20,
		ForceAttemptHTTP2:      true,
		// What counts against limits and digests is what was sent.
		DisableCompression: true,
	}, nil
}

func userTLS(config *tls.Config, entry *repo.Entry) error {
	config.InsecureSkipVerify = entry.InsecureSkipTLSVerify
	if entry.CertFile != "" && entry.KeyFile != "" {
		pair, err := tls.LoadX509KeyPair(entry.CertFile, entry.KeyFile)
		if err != nil {
			return fail(refused, "The client certificate of the repository %s cannot be read.", entry.Name)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	if entry.CAFile == "" {
		return nil
	}
	text, err := os.ReadFile(entry.CAFile)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(text) {
		return fail(refused, "The CA file of the repository %s cannot be read.", entry.Name)
	}
	config.RootCAs = pool
	return nil
}

func (g *guard) RoundTrip(request *http.Request) (*http.Response, error) {
	if scheme := request.URL.Scheme; scheme != "https" && (scheme != "http" || !g.plain) {
		return nil, fail(refused, "%s is not an address that may be read.", shown(request.URL.String()))
	}
	// The libraries send their requests without the context of the fetch.
	ctx, cancel := context.WithCancelCause(g.ctx)
	stop := context.AfterFunc(request.Context(), func() { cancel(request.Context().Err()) })
	idle := time.AfterFunc(g.limits.idle(), func() { cancel(context.DeadlineExceeded) })
	response, err := g.base.RoundTrip(request.WithContext(ctx))
	if err != nil {
		idle.Stop()
		stop()
		cause := context.Cause(ctx)
		cancel(nil)
		if cause != nil {
			return nil, cause
		}
		return nil, err
	}
	body := &boundedBody{
		ReadCloser: response.Body, ctx: ctx, left: g.limits.MaxArchiveBytes, progress: g.progress,
		touch:   func() { idle.Reset(g.limits.idle()) },
		release: func() { idle.Stop(); stop(); cancel(nil) },
	}
	if response.ContentLength > body.left {
		_ = body.Close()
		return nil, fail(tooLarge, "%s sends more than %d MB.", request.URL.Host, g.limits.MaxArchiveBytes>>20)
	}
	response.Body = body
	return response, nil
}

// boundedBody is an answer of at most left bytes that keeps coming.
type boundedBody struct {
	io.ReadCloser
	ctx      context.Context
	left     int64
	read     int64
	progress func(int64)
	touch    func()
	release  func()
}

func (b *boundedBody) Read(into []byte) (int, error) {
	count, err := b.ReadCloser.Read(into)
	b.touch()
	b.read += int64(count)
	if b.left -= int64(count); b.left < 0 {
		return 0, fail(tooLarge, "The server sends more than it may.")
	}
	if b.progress != nil && count > 0 {
		b.progress(b.read)
	}
	if cause := context.Cause(b.ctx); err != nil && !errors.Is(err, io.EOF) && cause != nil {
		err = cause
	}
	return count, err
}

func (b *boundedBody) Close() error {
	err := b.ReadCloser.Close()
	b.release()
	return err
}

// checkRedirect leaves credentials behind where the server changes, and goes to no place that only
// this machine can reach unless the first server is there too.
func checkRedirect(request *http.Request, via []*http.Request) error {
	first := via[0].URL
	switch {
	case len(via) > maxRedirects:
		return fail(refused, "%s redirects too often.", first.Host)
	case first.Scheme == "https" && request.URL.Scheme != "https":
		return fail(refused, "%s redirects to an address without TLS.", first.Host)
	case isOwn(request.URL) && !isOwn(first):
		return fail(refused, "%s redirects into this machine's own network.", first.Host)
	}
	if !sameOrigin(first, request.URL) {
		for _, name := range []string{"Authorization", "Cookie", "Proxy-Authorization", "Referer"} {
			request.Header.Del(name)
		}
	}
	return nil
}

func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Host, b.Host)
}

// isOwn names addresses of this machine and of its link: those of metadata services among them.
func isOwn(address *url.URL) bool {
	host := strings.ToLower(address.Hostname())
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && (ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified())
}
