import IPsec

extension IntegrityCheck {
  /// Appends a member `icv`: what was covered, why octets are not the packet's, and the ICV as computed and as carried.
  func write(to json: inout JSONWriter) {
    json.name("icv")
    json.object { json in
      if let algorithm {
        json.name("algorithm")
        json.string(algorithm)
      }
      for (name, value) in [("input", octets), ("computed", computed), ("carried", carried)] {
        guard let value else { continue }
        json.name(name)
        json.hexadecimal(value)
      }
      json.name("marks")
      json.array { json in
        for mark in marks { Self.write(mark, to: &json) }
      }
    }
  }

  private static func write(_ mark: AuthenticatedOctets.Mark, to json: inout JSONWriter) {
    json.object { json in
      for (name, number) in [("offset", mark.range.lowerBound), ("octets", mark.range.count)] {
        json.name(name)
        json.number(number)
      }
      if let bits = mark.bits { FieldJSON.write(bits, to: &json) }
      let words = [
        ("change", mark.change.rawValue), ("field", mark.field.title), ("reason", mark.field.reason),
        ("citation", mark.field.citation),
      ]
      for (name, text) in words {
        json.name(name)
        json.string(text)
      }
    }
  }
}
