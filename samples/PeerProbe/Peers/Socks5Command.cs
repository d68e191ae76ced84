using System.CommandLine;
using System.Text.Json.Nodes;
using BitcoinSock;

namespace PeerProbe;

/// <summary>Has a SOCKS5 proxy connect to a target, and leaves every byte of that unread.</summary>
internal sealed class Socks5Command : ProbeCommand
{
    private readonly Option<Login?> _login = Login.Option();
    private readonly Argument<HostPort> _target = new("TARGET")
    {
        Description = "Where the proxy shall connect to: an address, or a name, which it looks up.",
        CustomParser = ParseAddress,
    };

    public Socks5Command()
        : base("socks5", "Has a SOCKS5 proxy connect to a target.", "PROXY")
    {
        Add(_target);
        Add(_login);
    }

    protected override string Title => "SOCKS5 proxy";

    protected override void Ask(ParseResult given, Errand errand, JsonObject found)
    {
        HostPort address = given.GetRequiredValue(Address);
        HostPort target = given.GetRequiredValue(_target);
        using Sock sock = Connecting.To(address, errand, Socks5.Advice);
        var proxy = new Conversation(sock, address, errand, Socks5.Advice);
        found["target"] = $"{target}";
        found["bound"] = $"{Socks5.Open(proxy, target, given.GetValue(_login))}";
        found["reply_bytes"] = proxy.Received;

        // The proxy is through: whatever is there now is the target's, and none of it was touched.
        byte[] window = new byte[4096];
        SockResult seen = sock.Recv(window, SockFlags.Peek | SockFlags.DontWait);
        found["target_bytes_waiting"] = Math.Max(seen.Count, 0);
        found["connected"] = sock.IsConnected(out _);
    }
}
