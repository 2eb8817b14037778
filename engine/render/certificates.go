package render

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"text/template"
	"time"
)

// certificate is what the certificate functions give to templates, as those of Sprig do.
type certificate struct {
	Cert string
	Key  string
}

// certificates are the functions that make keys. Theirs are P-256 keys whatever the kind asked for:
// they are made from the seed, and a real render makes others each time.
func (g *generators) certificates() template.FuncMap {
	return template.FuncMap{
		"genPrivateKey":   func(string) (string, error) { return g.privateKey("genPrivateKey") },
		"buildCustomCert": customCertificate,
		"genCA": func(name string, days int) (certificate, error) {
			return g.issue(request{function: "genCA", name: name, days: days, isCA: true})
		},
		"genCAWithKey": func(name string, days int, key string) (certificate, error) {
			return g.issue(request{function: "genCAWithKey", name: name, days: days, isCA: true, key: key})
		},
		"genSelfSignedCert": func(name string, ips, names []any, days int) (certificate, error) {
			return g.issue(request{function: "genSelfSignedCert", name: name, ips: ips, names: names, days: days})
		},
		"genSelfSignedCertWithKey": func(name string, ips, names []any, days int, key string) (certificate, error) {
			return g.issue(request{function: "genSelfSignedCertWithKey", name: name, ips: ips, names: names, days: days, key: key})
		},
		"genSignedCert": func(name string, ips, names []any, days int, ca certificate) (certificate, error) {
			return g.issue(request{function: "genSignedCert", name: name, ips: ips, names: names, days: days, ca: &ca})
		},
		"genSignedCertWithKey": func(name string, ips, names []any, days int, ca certificate, key string) (certificate, error) {
			return g.issue(request{function: "genSignedCertWithKey", name: name, ips: ips, names: names, days: days, ca: &ca, key: key})
		},
	}
}

type request struct {
	function string
	name     string
	ips      []any
	names    []any
	days     int
	isCA     bool
	ca       *certificate
	// key is PEM that the template brings, or empty.
	key string
}

func (g *generators) privateKey(function string, arguments ...any) (string, error) {
	s := g.stream(function, arguments...)
	for {
		scalar := make([]byte, 32)
		for i := range scalar {
			scalar[i] = s.byte()
		}
		scalar[31] ^= byte(g.face)
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
		if err != nil {
			continue
		}
		der, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			return "", err
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})), nil
	}
}

func (g *generators) issue(r request) (certificate, error) {
	s := g.stream(r.function, r.name, r.ips, r.names, r.days)
	if r.key == "" {
		var err error
		if r.key, err = g.privateKey(r.function+" key", r.name, r.ips, r.names, r.days); err != nil {
			return certificate{}, err
		}
	}
	key, err := parseKey(r.key)
	if err != nil {
		return certificate{}, err
	}
	from := faces[g.face]
	serial := new(big.Int).SetUint64(uint64(s.index(1<<30))<<1 + uint64(g.face))
	unsigned := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: r.name},
		NotBefore: from, NotAfter: from.Add(24 * time.Hour * time.Duration(r.days)),
		KeyUsage:              x509.KeyUsageKeyEncipherment | x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true, IsCA: r.isCA,
	}
	if r.isCA {
		unsigned.KeyUsage |= x509.KeyUsageCertSign
	}
	if err := r.addNames(unsigned); err != nil {
		return certificate{}, err
	}
	signer, issuer := key, unsigned
	if r.ca != nil {
		if signer, issuer, err = r.ca.parse(); err != nil {
			return certificate{}, err
		}
	}
	der, err := x509.CreateCertificate(s, unsigned, issuer, key.Public(), deterministic{signer})
	if err != nil {
		return certificate{}, err
	}
	return certificate{
		Cert: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), Key: r.key,
	}, nil
}

func (r request) addNames(unsigned *x509.Certificate) error {
	for _, value := range r.ips {
		text, _ := value.(string)
		ip := net.ParseIP(text)
		if ip == nil {
			return fmt.Errorf("error parsing ip: %v", value)
		}
		unsigned.IPAddresses = append(unsigned.IPAddresses, ip)
	}
	for _, value := range r.names {
		text, ok := value.(string)
		if !ok {
			return fmt.Errorf("error processing alternate dns name: %v is not a string", value)
		}
		unsigned.DNSNames = append(unsigned.DNSNames, text)
	}
	return nil
}

// deterministic signs without randomness: RFC 6979 for ECDSA, which a nil source asks for.
type deterministic struct{ crypto.Signer }

func (d deterministic) Sign(random io.Reader, digest []byte, options crypto.SignerOpts) ([]byte, error) {
	if _, ok := d.Signer.(*ecdsa.PrivateKey); ok {
		random = nil
	}
	return d.Signer.Sign(random, digest, options)
}

func (c certificate) parse() (crypto.Signer, *x509.Certificate, error) {
	block, _ := pem.Decode([]byte(c.Cert))
	if block == nil {
		return nil, nil, errors.New("unable to decode certificate")
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, nil, err
	}
	key, err := parseKey(c.Key)
	return key, parsed, err
}

func parseKey(text string) (crypto.Signer, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("unable to decode the private key")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if signer, ok := key.(crypto.Signer); ok && err == nil {
		return signer, nil
	}
	return nil, errors.New("unable to parse the private key")
}

func customCertificate(cert, key string) (certificate, error) {
	decodedCert, err := base64.StdEncoding.DecodeString(cert)
	if err != nil {
		return certificate{}, errors.New("unable to decode base64 certificate")
	}
	decodedKey, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		return certificate{}, errors.New("unable to decode base64 private key")
	}
	custom := certificate{Cert: string(decodedCert), Key: string(decodedKey)}
	_, _, err = custom.parse()
	return custom, err
}
