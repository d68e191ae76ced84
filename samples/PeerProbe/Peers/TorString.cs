using System.Text;

namespace PeerProbe;

/// <summary>
/// What Tor puts between quotes: bytes in the manner of C, with <c>\n</c>, <c>\t</c>, <c>\r</c>,
/// one to three octal digits, and any other character standing for itself behind a backslash.
/// </summary>
internal static class TorString
{
    public static string Unescape(string escaped)
    {
        var bytes = new List<byte>();
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(escaped);
        while (rest is [var first, ..])
        {
            if (first != '\\' || rest.Length == 1)
            {
                bytes.Add(first);
                rest = rest[1..];
                continue;
            }

            rest = rest[1..];
            int digits = OctalDigits(rest);
            bytes.Add(digits == 0 ? Control(rest[0]) : FromOctal(rest[..digits]));
            rest = rest[Math.Max(digits, 1)..];
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static int OctalDigits(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> three = text[..Math.Min(3, text.Length)];
        int other = three.IndexOfAnyExceptInRange((byte)'0', (byte)'7');
        return other < 0 ? three.Length : other;
    }

    private static byte FromOctal(ReadOnlySpan<byte> digits)
    {
        int value = 0;
        foreach (byte digit in digits)
        {
            value = (value * 8) + digit - '0';
        }

        return (byte)value;
    }

    private static byte Control(byte letter) =>
        letter switch
        {
            (byte)'n' => (byte)'\n',
            (byte)'t' => (byte)'\t',
            (byte)'r' => (byte)'\r',
            _ => letter,
        };
}
