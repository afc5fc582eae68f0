# SPDX-License-Identifier: ISC
# What is asked of openssl.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

# Runs openssl quietly; when it fails, says what was to be done and why it failed.
ssl() {
	local what=$1; shift
	if openssl "$@" 2>"$work/reason"; then
		[[ $(<"$work/reason") == *'warning: '@('Skipping unknown'|'No value')* ]] || return 0
	fi
	explain "$what"
}

# The reasons that operators meet, in words: a pattern in openssl's error queue, then what it means.
causes=(
	'bad decrypt|wrong password|bad password|mac verify|maybe wrong password|empty password|wrong pass phrase'
	'key values mismatch|do not match|No cert.* matches private key|the key and the certificate are not a pair'
	'permitted subtree violation|excluded subtree violation|the name constraints of the CA do not allow one of the names (permitted subtree violation)'
	'too long|too short|asn1_mbstring|a name is too long or too short for its kind'
	'key too small|ca md too weak|md too weak|the key or the digest is too weak for this OpenSSL'
	'entry [0-9]+: |wrong number of fields|TXT_DB|the database index.txt is damaged'
	'error creating serial number|error converting|a number in the folder is not hexadecimal'
	'(Could not read|Could not find|[Uu]nable to load) (CA )?[Pp]rivate key|wrong pass phrase, or the file of the key is damaged'
	'no start line|Could not (read|find|open)|[Uu]nable to load|one of its files is missing, damaged or not readable'
	'unsupported|Unsupported|this OpenSSL does not support the key or the encryption'
)

explain() {
	local row pattern
	check_space
	for row in "${causes[@]}"; do
		pattern=${row%|*}
		! grep -qiE -e "$pattern" -- "$work/reason" || die "cannot $1: ${row##*|}"
	done
	say "$self: cannot $1; OpenSSL says:"
	grep -v '^Using configuration' "$work/reason" | tail -n 5 | sed 's/^[0-9A-F]*:error:[0-9A-F]*:/  /' | readable >&2
	exit 1
}

# The kit's configuration with additions to one of its sections, for this run: prepare_config SECTION [LINE...]
prepare_config() {
	local text
	text=$(<"$config") || die "cannot read '$config'"
	{ printf '%s\n[ %s ]\n' "$text" "$1" && shift && printf '%s\n' "$@"; } >"$work/config" || cannot_write
}

# Makes a key of the kind asked for into FILE, under the pass phrase in password unless that is empty.
make_key() {
	local kind=${given[--key]:-${setting[key]:-rsa:4096}} making
	case $kind in
		rsa:[0-9]*)
			[[ ${kind#rsa:} =~ ^[0-9]{4,5}$ && ${kind#rsa:} -ge 2048 && ${kind#rsa:} -le 8192 ]] ||
				usage_error "--key $kind: an RSA key may have 2048 to 8192 bits"
			making=(-algorithm RSA -pkeyopt "rsa_keygen_bits:${kind#rsa:}") ;;
		ec) making=(-algorithm EC -pkeyopt ec_paramgen_curve:P-256) ;;
		ec:P-256 | ec:P-384 | ec:P-521) making=(-algorithm EC -pkeyopt "ec_paramgen_curve:${kind#ec:}") ;;
		ed25519) making=(-algorithm ED25519) ;;
		*) usage_error "--key $kind: the kinds are rsa:BITS, ec, ec:P-256, ec:P-384, ec:P-521 and ed25519" ;;
	esac
	if [ -z "$password" ]; then
		ssl 'make the key' genpkey -quiet "${making[@]}" -out "$1"
	else
		# genpkey's own encryption stretches the pass phrase 2,048 times only. The plain key is in the pipe alone.
		{ openssl genpkey -quiet "${making[@]}" 2>/dev/null || printf 'no key\n'; } |
			ssl 'make the key' pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 200000 -passout fd:3 -out "$1" \
				3< <(printf '%s\n' "$password") || exit
	fi
}

# Who will not take a certificate with a key of that kind (openssl's name of it, and its curve): said when one is made or signed.
hint_key() {
	case $1${2:+ $2} in
		ED25519* | ED448*) say "Note: browsers and macOS do not take $1 certificates: choose --key ec for those" ;;
		*' secp521r1' | *' P-521') say 'Note: Chrome does not take keys on the curve P-521: choose --key ec for browsers' ;;
		'id-ecPublicKey prime256v1' | 'id-ecPublicKey secp384r1') ;;
		id-ecPublicKey*) say "Note: browsers and macOS take the curves P-256 and P-384 only, and this key is on ${2:-another}" ;;
		rsassaPss*) say 'Note: macOS does not take RSASSA-PSS keys: choose --key rsa:4096 or --key ec' ;;
	esac
}
# The same for the kind that was asked for with --key.
hint_new_key() {
	case ${given[--key]:-${setting[key]-}} in
		ed25519) hint_key ED25519 ;;
		ec:P-521) hint_key id-ecPublicKey P-521 ;;
	esac
}

# 126 random bits, positive, always 16 octets (RFC 5280 4.1.2.2 allows 20), and not in the database yet.
new_serial() {
	local digits
	while :; do
		digits=$(openssl rand -hex 16) || die 'cannot get random numbers'
		printf -v serial '%02X%s' $((0x${digits:0:2} & 0x3f | 0x40)) "${digits:2}"
		serial=${serial^^}
		[ -f "$dir/index.txt" ] && has_row "$dir/index.txt" || return 0
	done
}

# The value of what openssl prints as NAME=value.
value_of() {
	local line
	line=$(openssl "$@") || return
	printf '%s\n' "${line#*=}"
}
start_of() { date -u -d "$(value_of x509 -in "$1" -noout -startdate -dateopt iso_8601)" +%s; }
end_of() { date -u -d "$(value_of x509 -in "$1" -noout -enddate -dateopt iso_8601)" +%s; }
# The subject, and the same as a terminal may show it.
name_of() { value_of "$1" -in "$2" -noout -subject -nameopt "${3:-RFC2253}"; }
shown_name_of() { shown "$(name_of "$@")"; }
serial_of() { value_of x509 -in "$1" -noout -serial; }
hash_of() { openssl x509 -in "$1" -noout -subject_hash; }
public_key_of() { openssl "$1" -in "$2" -noout -pubkey; }

# Whether the first certificate signed the second. Dates play no part, nor what the second is for.
has_signed() {
	openssl verify -no_check_time -ignore_critical -partial_chain -trusted "$1" -no-CApath -no-CAstore "$2" >/dev/null 2>&1
}
is_self_signed() { openssl verify -no_check_time -trusted "$1" -no-CApath -no-CAstore "$1" >/dev/null 2>&1; }

# The hexadecimal DER of a certificate's subjectAltName, or nothing. In an extension the value comes right after its name and
# the word whether it is critical; a part of a stranger's subject may have that name too.
san_of() {
	openssl asn1parse -in "$1" |
		awk '/OBJECT +:X509v3 Subject Alternative Name$/ { wanted = 1; next }
			wanted && /OCTET STRING +\[HEX DUMP\]:[0-9A-F]+$/ { sub(/.*:/, ""); print; exit }
			!/ BOOLEAN / { wanted = 0 }'
}
