package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/errcode"
)

// Kinds of failures, as src/model/fetch.ts names them.
const (
	offline         = "offline"
	timedOut        = "timedOut"
	unauthorized    = "unauthorized"
	notFound        = "notFound"
	versionNotFound = "versionNotFound"
	tooLarge        = "tooLarge"
	refused         = "refused"
	cancelled       = "cancelled"
)

// Failure is why something could not be fetched: one sentence without credentials or content.
type Failure struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	// Name is the dependency that is meant, where a chart has several.
	Name string `json:"name,omitempty"`
}

func (f *Failure) Error() string { return f.Message }

func fail(kind, format string, args ...any) *Failure {
	return &Failure{Kind: kind, Message: plain(fmt.Sprintf(format, args...))}
}

const maxMessage = 300

// plain drops what could play tricks on a terminal or a view.
func plain(text string) string {
	cleaned := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, text)
	if runes := []rune(cleaned); len(runes) > maxMessage {
		return string(runes[:maxMessage]) + "…"
	}
	return cleaned
}

// failureOf tells what an error of a connection to a server means.
func failureOf(server string, err error) *Failure {
	var known *Failure
	var response *errcode.ErrorResponse
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, errdef.ErrNotFound):
		return fail(notFound, "%s does not have it.", server)
	case errors.Is(err, auth.ErrBasicCredentialNotFound):
		return fail(unauthorized, "%s asks for a login.", server)
	case errors.As(err, &response):
		return statusFailure(server, response.StatusCode)
	}
	return connectionFailure(server, err)
}

func connectionFailure(server string, err error) *Failure {
	var certificate *tls.CertificateVerificationError
	var network net.Error
	switch {
	case errors.As(err, &certificate):
		return fail(refused, "The certificate of %s is not trusted.", server)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return fail(timedOut, "%s did not answer in time.", server)
	case errors.Is(err, context.Canceled):
		return fail(cancelled, "The fetch was cancelled.")
	}
	var lookup *net.DNSError
	var operation *net.OpError
	if errors.As(err, &lookup) || errors.As(err, &operation) {
		return fail(offline, "%s cannot be reached.", server)
	}
	return fail(refused, "%s gave an answer that cannot be used.", server)
}

func statusFailure(server string, status int) *Failure {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden,
		status == http.StatusProxyAuthRequired:
		return fail(unauthorized, "%s refuses the login (%d).", server, status)
	case status == http.StatusNotFound, status == http.StatusGone:
		return fail(notFound, "%s does not have it (%d).", server, status)
	case status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		return fail(offline, "%s cannot answer now (%d).", server, status)
	}
	return fail(refused, "%s gave an answer that cannot be used (%d).", server, status)
}

// shown is an address without a password in it.
func shown(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return "the address"
	}
	return (&url.URL{Scheme: parsed.Scheme, Host: parsed.Host, Path: parsed.Path}).String()
}
