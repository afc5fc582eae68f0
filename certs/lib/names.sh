# SPDX-License-Identifier: ISC
# Names as the operator writes them, in the form that openssl reads.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

# An RFC 2253 name (most significant part last, \ and "" escape) -> openssl's -subj form (first, / separates).
# Sets subject, whose parts are checked; what begins with / is openssl's form already.
parse_subject() {
	local text=$1 rdn='' type='' value='' spaces='' quoted='' c i
	local no_control='--subject: control characters do not belong in a name'
	[[ $text != *[[:cntrl:]]* ]] || usage_error "$no_control"
	iconv -f UTF-8 -t UTF-8 <<<"$text" >/dev/null 2>&1 || usage_error "--subject $text: names are written in UTF-8"
	subject=$text
	[[ $text == /* ]] && { check_subject "$text"; return; }
	subject=''
	for ((i = 0; i <= ${#text}; i++)); do
		c=${text:i:1}
		if [ "$c" = \\ ]; then
			if [[ ${text:i+1:2} =~ ^[0-9A-Fa-f]{2}$ ]]; then
				[[ ${text:i+1:2} =~ ^([01].|7[fF])$ ]] && usage_error "$no_control"
				printf -v c '%b' "\\x${text:i+1:2}"; i=$((i + 2))
			else
				c=${text:i+1:1}; i=$((i + 1))
				[ -n "$c" ] || usage_error "--subject $text: ends with a lone \\"
			fi
		elif [ "$c" = \" ]; then
			[ -n "$quoted" ] && quoted='' || quoted=yes
			value+=$spaces spaces=''
			continue
		elif [ -z "$quoted" ]; then
			case $c in
				' ') [ -z "$value" ] || spaces+=' '; continue ;;
				=) [ -n "$type" ] || { type=$value value='' spaces=''; continue; } ;;
				'#') [ -n "$value" ] || usage_error "--subject $text: values in hexadecimal (#...) are not supported" ;;
				, | ';' | + | '')
					{ [ -n "$type" ] && [ -n "$value" ]; } ||
						usage_error "--subject $text: write parts as TYPE=value with commas between, and a comma or plus inside a value as \\, or \\+"
					[ -z "$rdn" ] || rdn+=+
					rdn+=$(attribute_type "$type")=$value
					type='' value='' spaces=''
					[ "$c" = + ] || { subject=/$rdn$subject; rdn=''; }
					continue ;;
			esac
		fi
		[[ $c == [/+\\] ]] && c=\\$c
		value+=$spaces$c spaces=''
	done
	[ -z "$quoted" ] || usage_error "--subject $text: a quotation mark is not closed"
	check_subject "$text"
}

# openssl knows these types in one spelling only.
attribute_type() {
	case ${1^^} in
		CN | OU | O | C | L | ST | DC | UID | SN | GN) printf %s "${1^^}" ;;
		E | EMAIL | EMAILADDRESS) printf emailAddress ;;
		SERIALNUMBER) printf serialNumber ;;
		*) printf %s "$1" ;;
	esac
}

# The longest value of each type in characters (RFC 5280 appendix A.1, as OpenSSL has it).
declare -A longest=([CN]=64 [commonName]=64 [O]=64 [organizationName]=64 [OU]=64 [organizationalUnitName]=64 [C]=2 [countryName]=2
	[L]=128 [localityName]=128 [ST]=128 [stateOrProvinceName]=128 [emailAddress]=128 [serialNumber]=64 [title]=64
	[SN]=32768 [surname]=32768 [GN]=32768 [givenName]=32768 [name]=32768 [initials]=32768 [UID]=32768 [DC]=32768)

# Checks each part of subject, which is in openssl's form. The argument is what the operator wrote.
check_subject() {
	local part='' c i
	for ((i = 1; i <= ${#subject}; i++)); do
		c=${subject:i:1}
		case $c in
			\\) part+=${subject:i+1:1} i=$((i + 1)) ;;
			/ | + | '') check_part "$1" "$part"; part='' ;;
			*) part+=$c ;;
		esac
	done
}

check_part() {
	local type=${2%%=*} value=${2#*=} characters limit
	[[ $2 == ?*=?* ]] || usage_error "--subject $1: write each part as TYPE=value"
	known_attribute "$type" || usage_error "--subject $1: unknown subject name attribute \"$type\": CN, O, OU, C, L, ST, DC, UID, emailAddress or the number of an OID"
	characters=${value//[$'\x80'-$'\xBF']/}
	limit=${longest[$type]-32768}
	case $type in
		C | countryName) [[ $value =~ ^[A-Za-z]{2}$ ]] || usage_error "--subject $1: a country is written with the two letters of its code, as in C=GB" ;;
		DC | emailAddress | domainComponent) [[ $value != *[!\ -~]* ]] || usage_error "--subject $1: $type takes plain ASCII only" ;;
		serialNumber | dnQualifier) [[ $value =~ ^[A-Za-z0-9\ \'\(\)+,./:=?-]*$ ]] || usage_error "--subject $1: $type takes letters, digits, spaces and ' ( ) + , - . / : = ? only" ;;
	esac
	[ "${#characters}" -le "$limit" ] || usage_error "--subject $1: $type has ${#characters} characters, and $limit are allowed (RFC 5280)"
}

known_attribute() {
	[ -z "${longest[$1]-}" ] || return 0
	[[ $1 =~ ^([0-2](\.[0-9]+)+|[A-Za-z][A-Za-z0-9-]*)$ ]] && openssl asn1parse -genstr "OID:$1" -noout >/dev/null 2>&1
}

# What openssl wrote as the subject into index.txt (/C=GB/O=Acme) -> RFC 2253, a line each. OpenSSL 3 writes a slash and a plus in a
# value as \/ and \+; what came before it did not, so a part begins only where a type that is in common use does.
rfc2253() {
	awk 'BEGIN {
		types = "^/(CN|O|OU|C|L|ST|DC|UID|SN|GN|emailAddress|serialNumber|title|street|name|initials|dnQualifier|postalCode|[0-2](\\.[0-9]+)+)="
	}
	function part(text,    at, value) {
		at = index(text, "="); value = substr(text, at + 1)
		gsub(/[,"<>;]/, "\\\\&", value)
		sub(/ $/, "\\\\ ", value); if (value ~ /^[ #]/) value = "\\" value
		return substr(text, 1, at) value
	}
	{
		rest = $0; out = ""; here = ""
		while (rest != "") {
			if (here != "" && match(rest, types)) { out = part(here) (out == "" ? "" : ",") out; here = "" }
			if (here == "" && substr(rest, 1, 1) == "/") rest = substr(rest, 2)
			if (substr(rest, 1, 2) == "\\/") { here = here "/"; rest = substr(rest, 3); continue }
			here = here substr(rest, 1, 1); rest = substr(rest, 2)
		}
		print (here == "" ? $0 : part(here) (out == "" ? "" : ",") out)
	}'
}
