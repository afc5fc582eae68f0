// The same work with Go's standard library: net/http/fcgi and crypto/x509.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/fcgi"
	"os"
	"strconv"
	"strings"
	"time"
)

// report SOCKET BYTES CA
func main() {
	bytes, err := strconv.Atoi(os.Args[2])
	must(err)
	roots := readRoots(os.Args[3])
	serve(os.Args[1], func(answer http.ResponseWriter, request *http.Request) {
		text := "No valid client certificate was sent\n"
		block, _ := pem.Decode([]byte(fcgi.ProcessEnv(request)["SSL_CLIENT_CERT"]))
		if block != nil {
			certificate, err := x509.ParseCertificate(block.Bytes)
			if err == nil {
				err = verify(certificate, roots)
				verdict := "The certificate is valid"
				if err != nil {
					verdict = "The certificate is not valid: " + err.Error()
				}
				text = fmt.Sprintf("Client cert received\n\nName: %s\nValid dates: %s to %s\n\n%s\n",
					certificate.Subject, certificate.NotBefore.Format(time.RFC3339),
					certificate.NotAfter.Format(time.RFC3339), verdict)
			}
		}
		header := answer.Header()
		header.Set("Content-Type", "text/plain; charset=utf-8")
		header.Set("Vary", "Accept")
		header.Set("Cache-Control", "no-store")
		header.Set("X-Content-Type-Options", "nosniff")
		if len(text) < bytes {
			text += strings.Repeat("x", bytes-len(text))
		}
		fmt.Fprint(answer, text)
	})
}
