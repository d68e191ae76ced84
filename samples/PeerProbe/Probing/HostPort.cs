using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PeerProbe;

/// <summary>Where a peer is: <c>name:1</c>, <c>127.0.0.1:1</c> or <c>[::1]:1</c>.</summary>
internal sealed record HostPort(string Host, int Port)
{
    public const string Shape = "HOST:PORT (an IPv6 address goes in brackets: [::1]:7656)";

    // What the system's resolver takes, and SOCKS5, in bytes.
    private const int HostLengthMax = 255;

    public static bool TryParse(string text, [NotNullWhen(true)] out HostPort? parsed)
    {
        parsed = null;
        int colon = text.LastIndexOf(':');
        if (
            colon <= 0
            || !ushort.TryParse(
                text.AsSpan(colon + 1),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out ushort port
            )
            || port == 0
        )
        {
            return false;
        }

        string host = text[..colon];
        if (host is ['[', .. string inner, ']'])
        {
            host = inner;
            if (!IPAddress.TryParse(host, out var six) || !IsIPv6(six))
            {
                return false;
            }
        }
        else if (
            Encoding.UTF8.GetByteCount(host) > HostLengthMax
            || host.AsSpan().ContainsAny(":[] \t")
        )
        {
            return false;
        }

        parsed = new HostPort(host, port);
        return true;
    }

    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    private static bool IsIPv6(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6;
}
