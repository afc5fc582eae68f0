# SPDX-License-Identifier: ISC
# A CA that another tool made becomes one of this kit.
# shellcheck shell=bash disable=SC2001,SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

cmd_import() {
	[ "${#args[@]}" -eq 2 ] || usage_error "$command needs easy-rsa and the folder that it works in"
	[ "${args[0]}" = easy-rsa ] || usage_error "$command ${args[0]}: easy-rsa is what can be imported"
	import_easy_rsa "${args[1]}"
}

# The folder of easy-rsa is only read. What it holds, in version 3 (pki/) and 2 (keys/): ca.crt, its key, index.txt with everything
# that was signed, the certificates and requests, a CRL with or without a number, vars.
import_easy_rsa() {
	local from=$1 key='' file
	[[ $from != -* ]] || from=./$from
	[ -d "$from" ] || die "there is no folder '$from'"
	for file in "$from/pki" "$from/keys" "$from"; do [ ! -f "$file/ca.crt" ] || break; done
	[ -f "$file/ca.crt" ] || die "'$from' is no folder of easy-rsa: there is no ca.crt, pki/ca.crt or keys/ca.crt in it"
	from=$file
	for file in "$from/private/ca.key" "$from/ca.key"; do [ ! -f "$file" ] || key=$file; done
	[ -n "$key" ] || die "the CA's key is not there: $from/private/ca.key"
	[ -f "$from/index.txt" ] || die "the database is not there: $from/index.txt"
	begin may-make
	must_be_new ca.key ca.cer ca.p12 index.txt index.txt.attr issued requests ca.crl ca.crls crlnumber
	openssl x509 -in "$from/ca.crt" -out "$work/new/ca.cer" 2>/dev/null || die "'$from/ca.crt' holds no certificate that can be read"
	cp -- "$key" "$work/new/ca.key" && chmod 0600 "$work/new/ca.key" || cannot_write
	get_key_password "$work/new/ca.key" --pass-file CA_PASSWORD 'pass phrase of ca.key'
	import_key
	get_p12_password
	pack_ca "$work/new"
	import_database "$from"
	import_certificates "$from"
	import_crl "$from"
	import_vars "$from"
	commit
	say_authority 'The CA was imported' "$dir" "$for_trust"
	tell "Certificates in its database: $(grep -vc '^#' "$dir/index.txt"), at hand: $imported" "$crl_words" \
		"Nothing in '$from' was changed. Do not sign or revoke there any more: two databases for one CA contradict each other."
	[ -n "$password" ] || say "Warning: ca.key has no pass phrase: $self passwd gives it one"
	is_self_signed "$dir/ca.cer" || say "Note: this is an intermediate CA: put its certificate and those above it into $dir/ca-chain.cer, in this order"
	[ -z "$left_keys" ] || say "Note: the private keys of clients and servers stay in '$from/private'; $self p12 NAME needs NAME.key in '$dir'"
}

import_key() {
	[ "$(openssl pkey -in "$work/new/ca.key" -passin fd:3 -pubout 2>/dev/null 3< <(printf '%s\n' "$password"))" = "$(public_key_of x509 "$work/new/ca.cer")" ] ||
		{ ! is_encrypted "$work/new/ca.key" || opens_key "$work/new/ca.key" || die 'cannot open ca.key: wrong pass phrase'
		die "'$key' is not the key of '$from/ca.crt'"; }
}

# Serial numbers become an even number of upper case digits, as openssl writes them.
import_database() {
	awk -F '\t' -v OFS='\t' '/^#/ || /^[ \t]*$/ { next } { sub(/\r$/, ""); $4 = toupper($4); if (length($4) % 2) $4 = "0" $4; print }' \
		"$1/index.txt" >"$work/index.txt" || cannot_write
	check_database "$work/index.txt" "$1/index.txt"
	printf 'unique_subject = no\n' >"$work/index.txt.attr" && keep_database || cannot_write
}

# Certificates go to issued/ by serial number, requests to requests/, and both under their names as easy-rsa had them. A name
# that this kit keeps for itself, or that files cannot have here, is left out; the certificate is there by its number.
import_certificates() {
	local file name serial end
	imported=0 left_keys=''
	for file in "$1"/issued/*.crt "$1"/certs_by_serial/*.pem "$1"/revoked/certs_by_serial/*.crt "$1"/renewed/certs_by_serial/*.crt \
		"$1"/expired/*.crt "$1"/*.crt "$1"/[0-9A-F]*.pem; do
		[ -f "$file" ] && [ ! -L "$file" ] && openssl x509 -in "$file" -out "$work/certificate" 2>/dev/null || continue
		has_signed "$work/new/ca.cer" "$work/certificate" && ! cmp -s -- "$work/certificate" "$work/new/ca.cer" || continue
		serial=$(serial_of "$work/certificate")
		if [ ! -f "$work/new/issued/$serial.pem" ]; then
			cp -- "$work/certificate" "$work/new/issued/$serial.pem" && chmod 0644 "$work/new/issued/$serial.pem" || cannot_write
			imported=$((imported + 1))
			if ! has_row "$work/new/index.txt"; then
				end=$(end_of "$work/certificate")
				printf 'V\t%s\t\t%s\tunknown\t%s\n' "$(database_time "$end")" "$serial" "$(name_of x509 "$work/certificate" compat)" >>"$work/new/index.txt"
			fi
		fi
		name=$(basename -- "${file%.*}")
		import_request "$1/reqs/$name.req" "$serial" "$name"
		import_request "$1/revoked/reqs_by_serial/$serial.req" "$serial" ''
		[ "${file%/*}" = "$1/issued" ] && is_name "$name" && [ ! -e "$work/new/$name.cer" ] || continue
		cp -- "$work/certificate" "$work/new/$name.cer" && chmod 0644 "$work/new/$name.cer" || cannot_write
	done
	for file in "$1"/private/*.key; do [ ! -f "$file" ] || [ "$(basename -- "$file")" = ca.key ] || left_keys=yes; done
	chmod 0644 "$work"/new/index.txt* || cannot_write
}

# import_request FILE SERIAL NAME: if it is the request of work/certificate.
import_request() {
	[ -f "$1" ] && [ ! -L "$1" ] && openssl req -in "$1" -out "$work/request" 2>/dev/null || return 0
	[ "$(public_key_of req "$work/request")" = "$(public_key_of x509 "$work/certificate")" ] || return 0
	cp -- "$work/request" "$work/new/requests/$2.req" && chmod 0644 "$work/new/requests/$2.req" || cannot_write
	[ -n "$3" ] && is_name "$3" || return 0
	cp -- "$work/request" "$work/new/$3.req" && chmod 0644 "$work/new/$3.req" || cannot_write
}

# The CRL in force stays as it is, and the next one has a greater number (RFC 5280 5.2.3).
import_crl() {
	local number=0 own file
	for file in "$1/crl.pem" "$1/crls/crl.pem"; do [ ! -f "$file" ] || break; done
	crl_words="There was no CRL: $self crl signs one, for peercert --crl"
	if [ -f "$file" ]; then
		openssl crl -in "$file" -CAfile "$work/new/ca.cer" -noout 2>&1 | matches 'verify OK' ||
			die "'$file' was not signed by this CA: move it away first"
		openssl crl -in "$file" -out "$work/new/ca.crl" 2>/dev/null && chmod 0644 "$work/new/ca.crl" || cannot_write
		number=$(openssl crl -in "$file" -noout -crlnumber | sed 's/.*=\(0x\)*//')
		[[ $number =~ ^[0-9A-Fa-f]{1,15}$ ]] || number=0
		crl_words="Its CRL is in force until $(iso_time "$(crl_end "$work/new/ca.crl")"): $self crl signs the next one"
	fi
	number=$((16#$number + 1))
	if [ -f "$1/crlnumber" ]; then
		read -r own <"$1/crlnumber"
		[[ $own =~ ^[0-9A-Fa-f]{1,15}$ ]] || die "'$1/crlnumber' holds no hexadecimal number"
		[ $((16#$own)) -le "$number" ] || number=$((16#$own))
	fi
	printf -v own '%X' "$number"
	[ $((${#own} % 2)) -eq 0 ] || own=0$own
	printf '%s\n' "$own" >"$work/new/crlnumber" && chmod 0644 "$work/new/crlnumber" || cannot_write
}

# easy-rsa's vars is a shell script. Its plain lines `set_var NAME "value"` and `export NAME="value"` are read, and nothing is run.
import_vars() {
	local line name value file days='' subject='' algorithm='' size='' curve=''
	declare -A vars=()
	for file in "$1/vars" "$(dirname -- "$1")/vars"; do [ ! -f "$file" ] || break; done
	[ -f "$file" ] && [ ! -e "$dir/ca.conf" ] || return 0
	while IFS= read -r line || [ -n "$line" ]; do
		[[ $line =~ ^[[:space:]]*(set_var[[:space:]]+|export[[:space:]]+)([A-Z_]+)[[:space:]=]+(.*)$ ]] || continue
		name=${BASH_REMATCH[2]} value=${BASH_REMATCH[3]%$'\r'}
		[[ ! $value =~ ^\"([^\"]*)\" && ! $value =~ ^\'([^\']*)\' && ! $value =~ ^([^[:space:]#]*) ]] || value=${BASH_REMATCH[1]}
		[[ $value == *[\$\`\\]* || $value == *[[:cntrl:]]* ]] || vars[${name#EASYRSA_}]=$value
	done <"$file"
	{
		printf '# From %s\n' "$(tell "$file")"
		if [ "${vars[DN]-}" = org ] || [ -n "${vars[KEY_ORG]-}" ]; then
			for line in OU:REQ_OU:KEY_OU O:REQ_ORG:KEY_ORG L:REQ_CITY:KEY_CITY ST:REQ_PROVINCE:KEY_PROVINCE C:REQ_COUNTRY:KEY_COUNTRY; do
				IFS=: read -r name value line <<<"$line"
				value=${vars[$value]-${vars[$line]-}}
				[ -z "$value" ] || subject+=${subject:+,}$name=$(sed 's/[,+"\\<>;]/\\&/g' <<<"$value")
			done
			[ -z "$subject" ] || printf 'subject = %s\n' "$subject"
		fi
		for line in days:CERT_EXPIRE:KEY_EXPIRE ca-days:CA_EXPIRE:CA_EXPIRE crl-days:CRL_DAYS:CRL_DAYS; do
			IFS=: read -r name value line <<<"$line"
			value=${vars[$value]-${vars[$line]-}}
			[[ ! $value =~ ^[1-9][0-9]{0,4}$ || $value -gt 36500 ]] || printf '%s = %s\n' "$name" "$value"
		done
		size=${vars[KEY_SIZE]-} curve=${vars[CURVE]-}
		case ${vars[ALGO]-rsa}:$curve in
			ec:secp256r1 | ec:prime256v1) printf 'key = ec\n' ;;
			ec:secp384r1 | ec:) printf 'key = ec:P-384\n' ;;
			ec:secp521r1) printf 'key = ec:P-521\n' ;;
			ed:* | *:ed25519) printf 'key = ed25519\n' ;;
			rsa:*) [[ ! $size =~ ^[2-8][0-9]{3}$ || $size -lt 2048 || $size -gt 8192 ]] || printf 'key = rsa:%s\n' "$size" ;;
		esac
	} >"$work/ca.conf" || cannot_write
	[ "$(wc -l <"$work/ca.conf")" -gt 1 ] || return 0
	mv -- "$work/ca.conf" "$work/new/" && chmod 0644 "$work/new/ca.conf" || cannot_write
}
