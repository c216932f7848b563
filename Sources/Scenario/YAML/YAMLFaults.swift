extension YAMLFault {
  static let empty = YAMLFault(
    place: .start, what: "the file is empty", expected: "a scenario that begins with \"lockstep: 1\"")

  static func unprintable(_ scalar: Unicode.Scalar, at place: SourcePlace) -> YAMLFault {
    let code = String(scalar.value, radix: 16, uppercase: true)
    let padded = String(repeating: "0", count: max(0, 4 - code.count)) + code
    return YAMLFault(
      place: place, what: "the control character U+\(padded) stands in the text", expected: "printable text")
  }

  static func unreadable(_ what: String, at place: SourcePlace) -> YAMLFault {
    YAMLFault(place: place, what: what, expected: "YAML: \"key: value\" lines, indented with spaces")
  }

  static func tooManyNodes(at place: SourcePlace) -> YAMLFault {
    YAMLFault(
      place: place, what: "the document has more than 1,000,000 values once its aliases are expanded",
      expected: "fewer values, or aliases that do not multiply one another")
  }

  static func tooDeep(at place: SourcePlace) -> YAMLFault {
    YAMLFault(
      place: place, what: "lists and mappings are nested more than \(YAMLReader.depthLimit) deep",
      expected: "the nesting of a scenario, which is 7 at most")
  }

  static func tooManyAnchors(at place: SourcePlace) -> YAMLFault {
    YAMLFault(
      place: place, what: "the file has more than \(AliasGuard.anchorLimit) anchors",
      expected: "at most \(AliasGuard.anchorLimit); what many entries share belongs under \"defaults\"")
  }

  static func complexKey(at place: SourcePlace) -> YAMLFault {
    YAMLFault(
      place: place, what: "a list, a mapping or an alias is used as a key", expected: "keys that are single words")
  }

  static func mergeKey(at place: SourcePlace) -> YAMLFault {
    YAMLFault(
      place: place, what: "the merge key \"<<\" is not supported",
      expected: "the keys written out, or values shared under \"defaults\"")
  }
}
