# SPDX-License-Identifier: ISC
# Alternative names: which characters each kind may have, wherever the name comes from.
# shellcheck shell=bash disable=SC2001,SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

label='[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?'

# A host name as RFC 1123 2.1 and RFC 5280 4.2.1.6 have it: labels of letters, digits and inner hyphens, the last one not a number.
is_host_name() { [[ ${#1} -le 253 && $1 =~ ^$label(\.$label)*$ && ! $1 =~ (^|\.)[0-9]+$ ]]; }
# The same, and a wildcard for its first label (RFC 6125 6.4.3).
is_dns_name() { is_host_name "${1#\*.}"; }

is_ipv4() { [[ $1 =~ ^$octet(\.$octet){3}$ ]]; }
octet='(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'

# RFC 4291 2.2, without a zone.
is_ipv6() {
	local text=$1 tail groups left
	[[ $text =~ ^[0-9A-Fa-f:.]+$ && $text == *:* ]] || return 1
	tail=${text##*:}
	if [[ $tail == *.* ]]; then is_ipv4 "$tail" && text=${text%:*}:0:0 || return 1; fi
	[[ $text != *::*::* && $text != *:::* ]] && [[ $text != :* || $text == ::* ]] && [[ $text != *: || $text == *:: ]] || return 1
	left=${text//::/:}
	left=${left#:} left=${left%:}
	IFS=: read -r -a groups <<<"$left"
	for tail in "${groups[@]}"; do [[ $tail =~ ^[0-9A-Fa-f]{1,4}$ ]] || return 1; done
	if [[ $text == *::* ]]; then [ "${#groups[@]}" -le 7 ]; else [ "${#groups[@]}" -eq 8 ]; fi
}

# RFC 5321 4.1.2, the form that RFC 5280 4.2.1.6 names: an addr-spec of RFC 5322 3.4.1 without comments and folding white space.
is_mail_address() {
	local local_part=${1%@*} domain=${1##*@} atom="[A-Za-z0-9!#\$%&'*+/=?^_\`{|}~-]+" quoted='^"([] !#-[^-~]|\\[ -~])*"$'
	[[ $1 == *@* && ${#local_part} -le 64 && ${#1} -le 254 ]] || return 1
	[[ $local_part =~ ^$atom(\.$atom)*$ || $local_part =~ $quoted ]] || return 1
	case $domain in
		'[IPv6:'*']') domain=${domain#'[IPv6:'}; is_ipv6 "${domain%]}" ;;
		'['*']') domain=${domain#[}; is_ipv4 "${domain%]}" ;;
		*) is_host_name "$domain" ;;
	esac
}

# RFC 3986, with a scheme (RFC 5280 4.2.1.6).
is_uri() {
	local text=$1 characters="[A-Za-z0-9._~!\$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2}" fragment='' query='' authority host
	[[ $text =~ ^[A-Za-z][A-Za-z0-9+.-]*:. ]] || return 1
	text=${text#*:}
	[[ $text != *'#'* ]] || { fragment=${text#*'#'} text=${text%%'#'*}; }
	[[ $text != *'?'* ]] || { query=${text#*'?'} text=${text%%'?'*}; }
	[[ $query$fragment =~ ^($characters|\?)*$ ]] || return 1
	[[ $text == //* ]] || { [[ $text =~ ^($characters)+$ ]]; return; }
	text=${text#//}
	authority=${text%%/*}
	[[ ${text#"$authority"} =~ ^($characters)*$ ]] || return 1
	host=${authority##*@}
	[ "$host" = "$authority" ] || [[ ${authority%@*} != *@* && ${authority%@*} =~ ^($characters)*$ ]] || return 1
	if [[ $host == '['* ]]; then
		[[ $host =~ ^\[([^]]*)\](:[0-9]*)?$ ]] || return 1
		host=${BASH_REMATCH[1]}
		is_ipv6 "$host" || [[ $host =~ ^[vV][0-9A-Fa-f]+\.($characters)+$ && $host != *[@/%]* ]]
	else
		[[ ! $host =~ :[0-9]*$ ]] || host=${host%:*}
		[[ $host != *:* && $host =~ ^($characters)*$ ]]
	fi
}

# check_name_of KIND VALUE: sets why when the name is none of its kind.
check_name_of() {
	why=''
	case $1 in
		DNS) is_dns_name "$2" || why='a DNS name has labels of letters, digits and inner hyphens, a wildcard only as its whole first label (RFC 1123)' ;;
		email) is_mail_address "$2" || why='a mail address is written as local-part@domain, in the characters of RFC 5321 and RFC 5322' ;;
		URI) is_uri "$2" || why='a URI has a scheme and only the characters of RFC 3986; all others are written as %HH' ;;
		IP) is_ipv4 "$2" || is_ipv6 "$2" || why='an IP address is written as 192.0.2.1 or 2001:db8::1' ;;
	esac
	[ -z "$why" ]
}

# Checks each --san and writes it as lines of an openssl section, with everything special there escaped.
san_lines() {
	local san kind value number=0 why
	for san in "${sans[@]}"; do
		kind=${san%%:*} value=${san#*:}
		[[ $san == *:* && -n $value && $value != *[[:cntrl:]]* ]] ||
			usage_error "--san $san: write it as KIND:VALUE, as in email:dan@example.org"
		case ${kind,,} in
			dns) kind=DNS ;;
			ip) kind=IP ;;
			email) kind=email ;;
			uri) kind=URI ;;
			upn) kind=otherName value="1.3.6.1.4.1.311.20.2.3;FORMAT:UTF8,UTF8:$value"
				iconv -f UTF-8 -t UTF-8 <<<"$value" >/dev/null 2>&1 || usage_error "--san $san: names are written in UTF-8" ;;
			*) usage_error "--san $san: the kinds are DNS, email, IP, URI and UPN" ;;
		esac
		check_name_of "$kind" "$value" || usage_error "--san $san: that is no $kind name: $why"
		number=$((number + 1))
		printf '%s.%d = %s\n' "$kind" "$number" "$(sed 's/["'\''`\\$#]/\\&/g' <<<"$value")"
	done
}

# Checks each --permit and writes it as the value of a nameConstraints extension (RFC 5280 4.2.1.10).
permit_line() {
	local permit kind value line=critical
	for permit in "${permits[@]}"; do
		kind=${permit%%:*} value=${permit#*:}
		[[ $permit == *:* ]] || usage_error "--permit $permit: write it as DNS:acme.example or email:acme.example"
		case ${kind,,} in
			dns) kind=DNS; is_host_name "$value" ;;
			email) kind=email; is_host_name "${value#.}" || is_mail_address "$value" ;;
			*) usage_error "--permit $permit: the kinds are DNS and email" ;;
		esac || usage_error "--permit $permit: that is no domain${value:+ of the kind $kind}"
		# A comma or quotation mark of a mail address would end the value in openssl's configuration.
		[[ $value =~ ^[A-Za-z0-9.@_+-]+$ ]] || usage_error "--permit $permit: this kit takes letters, digits and . @ _ + - there only"
		line+=",permitted;$kind:$value"
	done
	printf '%s\n' "nameConstraints = $line"
}

# der_next: takes the next element off der (hexadecimal) and sets tag and body; fails when there is none that is whole.
der_next() {
	local length=${der:2:2} head=4
	[[ $der =~ ^([0-9A-F]{2})+$ && -n $length ]] || return 1
	tag=${der:0:2}
	case $length in
		81) length=${der:4:2} head=6 ;;
		82) length=${der:4:4} head=8 ;;
		[89A-F]?) return 1 ;;
	esac
	[[ -n $length ]] || return 1
	length=$((16#$length * 2))
	[ "$((head + length))" -le "${#der}" ] || return 1
	body=${der:head:length} der=${der:head+length}
}

# So many names are copied at the most: to look at thousands takes minutes.
most_names=250

# check_names WHERE HEX: every name of a subjectAltName (RFC 5280 4.2.1.6) has the characters that its kind may have, so that
# no reader of the certificate takes a part of it for something else.
check_names() {
	local where=$1 der=$2 tag body kind value why rest number=0
	local broken="$where holds a subjectAltName that cannot be read"
	der_next && [ "$tag" = 30 ] && [ -z "$der" ] || die "$broken"
	der=$body
	while [ -n "$der" ]; do
		der_next || die "$broken"
		[ "$((number += 1))" -le "$most_names" ] || die "$where holds more than $most_names names, which are too many to be copied"
		case $tag in
			81) kind=email ;;
			82) kind=DNS ;;
			86) kind=URI ;;
			87) [[ ${#body} -eq 8 || ${#body} -eq 32 ]] || die "$where holds an IP address of $((${#body} / 2)) octets"; continue ;;
			A0) rest=$der der=$body
				# The value of an otherName stands behind its type; text in it has no control characters.
				{ der_next && der_next && der=$body && der_next; } || die "$broken"
				der=$rest
				[[ $tag != @(0C|16|13) || ! $body =~ ^(..)*([01].|7F) ]] || die "$where holds an otherName with control characters"
				continue ;;
			A3 | A4 | A5 | 88) continue ;;
			*) die "$broken" ;;
		esac
		[[ $body =~ ^(2[1-9A-F]|20|[3-6].|7[0-9A-E])+$ ]] || die "$where holds a name of the kind $kind that is empty or not plain ASCII: $(sed 's/../\\&/g' <<<"$body" | readable)"
		value=$(hex_text "$body")
		check_name_of "$kind" "$value" || die "$where holds '$kind:$value': $why"
		[[ $kind != URI || $value != *[,\;]* ]] ||
			say "Note: '$value' has a comma or semicolon, which a proxy that forwards names without quoting them takes for the end of the name"
	done
}
hex_text() { printf '%b' "$(sed 's/../\\x&/g' <<<"$1")"; }
