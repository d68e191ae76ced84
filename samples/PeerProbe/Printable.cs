using System.Text;

namespace PeerProbe;

/// <summary>
/// Bytes of strangers for a terminal: printable ASCII as it is, everything else escaped.
/// </summary>
internal static class Printable
{
    private const int LengthMax = 80;

    /// <summary>In quotes, and cut with an ellipsis after about 80 characters.</summary>
    public static string Quote(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder("\"");
        foreach (byte b in bytes)
        {
            if (text.Length > LengthMax)
            {
                return text.Append("\"...").ToString();
            }

            text.Append(Escape(b));
        }

        return text.Append('"').ToString();
    }

    /// <summary>As it is, without quotes.</summary>
    public static string Text(string text) =>
        string.Concat(Encoding.UTF8.GetBytes(text).Select(Escape));

    private static string Escape(byte b) =>
        b switch
        {
            (byte)'\n' => @"\n",
            (byte)'\r' => @"\r",
            (byte)'\t' => @"\t",
            (byte)'"' => "\\\"",
            (byte)'\\' => @"\\",
            >= 0x20 and < 0x7f => ((char)b).ToString(),
            _ => $@"\x{b:x2}",
        };
}
