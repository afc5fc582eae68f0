# SPDX-License-Identifier: ISC
# Reading what a stranger asks for.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

# Copies the request into the staging folder, checks it, and makes request.cer: what it asks for in the dress of a
# certificate by a throw-away key, from which single extensions can be read without parsing a stranger's text. Sets
# requested_name and requested_names.
read_request() {
	local said
	{ [ -f "$1" ] && [ -r "$1" ]; } || die "cannot read the request '$1'"
	head -c 65537 -- "$1" >"$work/file" || cannot_write
	[ "$(stat -c %s -- "$work/file")" -le 65536 ] || die "'$1' is too large for a request"
	check_request_file "$1"
	said=$(openssl req -in "$work/request" -noout -verify 2>&1) && [[ $said == *'verify OK'* ]] ||
		die "'$1': its own signature is wrong, so whoever made it does not hold the key, or it was changed on the way"
	requested_name=$(name_of req "$work/request")
	[ -n "$requested_name" ] || [ -n "$subject" ] || die "'$1' has no subject: give one with --subject"
	[ -n "$subject" ] || [[ ! ${requested_name//\\\\/} =~ \\([01][0-9A-F]|7F) ]] ||
		die "'$1' asks for a subject with control characters, which do not belong in a name: give another with --subject"
	[ -n "$subject" ] || must_not_be_the_ca "'$1' asks for" req "$work/request"
	[ "$(public_key_of req "$work/request")" != "$(public_key_of x509 "$dir/ca.cer")" ] ||
		die "'$1' holds the CA's own key: each certificate needs a key of its own ($self request makes one)"
	read_key "$1"
	ssl 'read the request' req -config "$config" -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj /CN=kit \
		-keyout "$work/throwaway.key" -out "$work/throwaway.cer"
	ssl 'read the request' x509 -req -in "$work/request" -CA "$work/throwaway.cer" -CAkey "$work/throwaway.key" -set_serial 1 \
		-subj /CN=kit -extfile "$config" -extensions only_what_is_asked_for -copy_extensions copyall \
		-out "$work/request.cer"
	[[ $(requested basicConstraints) != *CA:TRUE* ]] ||
		die "'$1' asks for the rights of a CA (CA:TRUE), which no client's or server's certificate can have: nothing was signed"
	[ "$(san_of "$work/request.cer")" != 3000 ] || die "'$1' asks for an empty subjectAltName"
	# With a point behind it, so that line breaks at the end count.
	requested_names=$(requested subjectAltName; printf .)
	[[ $requested_names != *$'\n'*$'\n'*$'\n'* ]] || die "'$1' asks for a subjectAltName with line breaks in it"
}

# must_not_be_the_ca WHAT KIND FILE: with the CA's own name it would look like a certificate that signed itself. Compared as
# libcrypto does, whatever the case and the blanks.
must_not_be_the_ca() {
	[ "$(openssl "$2" -in "$3" -noout -subject -nameopt RFC2253 | flat_name)" != \
		"$(openssl x509 -in "$dir/ca.cer" -noout -subject -nameopt RFC2253 | flat_name)" ] ||
		die "$1 the CA's own name: each certificate needs a name of its own (--subject gives one)"
}
flat_name() { awk '{ $0 = tolower($0); gsub(/ +/, " "); gsub(/= */, "="); gsub(/ *,/, ","); sub(/ $/, "") } 1'; }

# The file holds one request and nothing else: what came along unseen may be a secret, or a request that nobody meant.
check_request_file() {
	local blocks requests
	if grep -qiaE -e 'PRIVATE KEY|PuTTY-User-Key-File' -- "$work/file"; then
		grep -qa -e 'CERTIFICATE REQUEST-----' -- "$work/file" ||
			die "'$1' holds a private key and no certificate request: keep it to its owner, and sign the .req file"
		die "'$1' holds a private key beside the request: that key is no longer its owner's secret. The owner should make a new key and a new request, and send the .req file alone. Nothing was signed"
	fi
	blocks=$(grep -oaE -e '-----BEGIN [A-Za-z0-9 ]*-----' -- "$work/file")
	requests=$(grep -cE -e '^-----BEGIN (NEW )?CERTIFICATE REQUEST-----$' <<<"$blocks")
	[ "$requests" -le 1 ] || die "'$1' holds $requests requests: put each into a file of its own, and sign those you mean"
	if [ "$requests" -eq 1 ]; then
		[ "$(wc -l <<<"$blocks")" -eq 1 ] || die "'$1' holds something else beside the request: $(grep -vE -e 'CERTIFICATE REQUEST' <<<"$blocks" | head -n 1)"
		! grep -qaP -e '[\x00-\x08\x0E-\x1F]' -- "$work/file" || die "'$1' holds binary data beside the request"
		openssl req -in "$work/file" -passin pass: -out "$work/request" 2>/dev/null || die "'$1' is no certificate request that can be read (PKCS#10)"
	else
		openssl req -inform DER -in "$work/file" -passin pass: -out "$work/request" 2>/dev/null || die "'$1' is no certificate request (PKCS#10, PEM or DER)"
		openssl req -in "$work/request" -outform DER | cmp -s - "$work/file" || die "'$1' holds something else beside the request: bytes follow it"
	fi
}

# Sets key_kind, key_bits and key_curve. What is weaker here is weaker than OpenSSL's security level 2, and peercert would refuse it.
read_key() {
	local least='' objects text
	openssl req -in "$work/request" -noout -pubkey | grep -v -e -- | base64 -d >"$work/key.der" ||
		die "cannot read the key in '$1'"
	readarray -t objects < <(openssl asn1parse -inform DER -in "$work/key.der" | sed -n 's/.*OBJECT  *:\(.*\)/\1/p')
	key_kind=${objects[0]-} key_curve=${objects[1]-} key_bits=''
	text=$(openssl pkey -pubin -inform DER -in "$work/key.der" -noout -text_pub)
	[[ ! ${text%%$'\n'*} =~ \(([0-9]+)\ bit\) ]] || key_bits=${BASH_REMATCH[1]}
	case $key_kind in
		rsaEncryption | rsassaPss) least=2048 key_curve='' ;;
		id-ecPublicKey) least=224 ;;
		ED25519 | ED448) return ;;
		*) die "'$1' holds a key of the kind '$key_kind', which TLS clients cannot use" ;;
	esac
	[[ $key_kind != rsa* ]] || safe_exponent "$text" ||
		die "'$1' holds an RSA key whose exponent is 1, even or larger than 64 bits: it is not safe"
	[ "${key_bits:-0}" -ge "$least" ] ||
		die "'$1' holds a key of $key_bits bits ($key_kind): less than $least is too weak to be trusted"
}

# safe_exponent TEXT: what openssl prints of an RSA key. With an exponent of 1 anybody signs; peercert takes none that is even
# or above 2^64.
safe_exponent() {
	local exponent
	[[ $1 =~ (^|$'\n')Exponent:\ *([0-9]+)\  ]] || return
	exponent=${BASH_REMATCH[2]}
	[[ $exponent =~ [13579]$ && $exponent != 1 ]]
}

requested() { openssl x509 -in "$work/request.cer" -noout -ext "$1" 2>/dev/null; }

show_request() {
	local asked not_these=no_header,no_version,no_serial,no_signame,no_validity,no_issuer,no_subject,no_pubkey,no_sigdump line
	say "The request $1"
	say "  asks for the subject:  $(shown "$requested_name")"
	[ -z "$subject" ] || say "  which becomes:         ${given[--subject]} (--subject)"
	say "  holds a key:           $key_kind${key_bits:+, $key_bits bits}"
	readarray -t asked < <(openssl x509 -in "$work/request.cer" -noout -text -certopt "$not_these" |
		sed -e '/X509v3 extensions:/d' -e 's/^            //' | readable)
	[ "${#asked[@]}" -eq 0 ] || say '  asks for extensions:' "${asked[@]/#/    | }"
	if [ -n "${given[--copy-san]-}" ]; then say '  of these the subjectAltName is copied (--copy-san), nothing else'
	elif [ "${#asked[@]}" -ne 0 ]; then say '  none of them is copied (--copy-san copies the subjectAltName)'; fi
	[ "${#sans[@]}" -eq 0 ] || say "  gets the names:        ${sans[*]} (${names_from---san})"
	say "  gets the purpose:      ${purpose_words[$profile]}"
	[ "$profile" != client ] || [[ $requested_names != *DNS:* && $(requested extendedKeyUsage) != *'Server Auth'* ]] ||
		say 'Note: it asks for DNS names or for use as a server, and this certificate is for clients alone: a server needs --server'
	hint_key "$key_kind" "$key_curve"
}
