/// How text is shown: which characters may be used, and whether there is colour. Every word that comes out of a run, a
/// scenario or a packet passes through here, so that none of it can steer a terminal.
public struct Style: Hashable, Sendable {
  /// Which characters may be used.
  public enum Lettering: String, Hashable, Sendable, Codable, CaseIterable {
    /// Arrows, dashes and the paragraph sign as they are.
    case unicode
    /// Nothing outside of ASCII: `->` for an arrow.
    case ascii
  }

  /// What a piece of text is, and so which colour it has where there are colours. A colour never says anything that the
  /// words don't.
  public enum Role: Hashable, Sendable, CaseIterable {
    case heading
    case name
    case good
    case bad
    case muted
  }

  /// Which characters may be used.
  public var lettering: Lettering
  /// Whether roles become colours; off unless somebody asks.
  public var isColoured: Bool

  public init(lettering: Lettering = .unicode, isColoured: Bool = false) {
    self.lettering = lettering
    self.isColoured = isColoured
  }

  /// Unicode, no colour.
  public static let plain = Style()
  /// ASCII, no colour.
  public static let ascii = Style(lettering: .ascii)

  /// The text as this style can show it: in ASCII where that is asked for, and with everything that could steer a terminal
  /// written out.
  public func show(_ text: String) -> String { SafeText.show(text, lettering) }

  /// The text, shown, in the colour of its role.
  public func paint(_ text: String, as role: Role) -> String {
    isColoured ? "\u{1B}[\(Self.code(role))m\(show(text))\u{1B}[0m" : show(text)
  }

  /// SGR parameters of ECMA-48 §8.3.117.
  private static func code(_ role: Role) -> String {
    switch role {
    case .heading: "1"
    case .name: "36"
    case .good: "32"
    case .bad: "31"
    case .muted: "2"
    }
  }
}
