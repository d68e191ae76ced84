using System.CommandLine;
using System.Text.Json.Nodes;
using BitcoinSock;

namespace PeerProbe;

/// <summary>Shakes hands with a Bitcoin node, directly or through a SOCKS5 proxy.</summary>
internal sealed class BitcoinCommand : ProbeCommand
{
    private readonly Option<HostPort?> _proxy = new("--proxy")
    {
        Description = "A SOCKS5 proxy to go through; it looks up the name of the node.",
        HelpName = "HOST:PORT",
        CustomParser = ParseAddress,
    };

    private readonly Option<Login?> _login = Login.Option();
    private readonly Option<string> _network = new("--network")
    {
        Description = "The network of the node.",
        DefaultValueFactory = _ => BitcoinNetwork.All[0].Name,
    };

    public BitcoinCommand()
        : base("bitcoin", "Shakes hands with a Bitcoin node and asks how it is.")
    {
        _network.AcceptOnlyFromAmong([.. BitcoinNetwork.All.Select(network => network.Name)]);
        Add(_proxy);
        Add(_login);
        Add(_network);
    }

    protected override string Title => "Bitcoin node";

    protected override void Ask(ParseResult given, Errand errand, JsonObject found)
    {
        HostPort node = given.GetRequiredValue(Address);
        HostPort? proxy = given.GetValue(_proxy);
        string name = given.GetRequiredValue(_network);
        BitcoinNetwork network = BitcoinNetwork.All.Single(network => network.Name == name);
        string advice = Bitcoin.Advice(network);
        using Sock sock = proxy is null
            ? Connecting.To(node, errand, advice)
            : Connecting.To(proxy, errand, Socks5.Advice);
        if (proxy is not null)
        {
            var toProxy = new Conversation(sock, proxy, errand, Socks5.Advice);
            found["proxy"] = $"{proxy}";
            found["bound"] = $"{Socks5.Open(toProxy, node, given.GetValue(_login))}";
        }

        found["network"] = name;

        // The same socket either way: a proxy that has answered is not there any more.
        Bitcoin.Ask(new Conversation(sock, node, errand, advice), network, found);
    }
}
