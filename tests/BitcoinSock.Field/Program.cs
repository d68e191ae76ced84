using System.CommandLine;
using System.Globalization;
using BitcoinSock.Field.Faults;
using BitcoinSock.Field.Networks;
using BitcoinSock.Field.Soak;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

// A new command is a folder and a line here.
var root = new RootCommand("Holds BitcoinSock to its laws where nobody scripted the faults.")
{
    new FaultsCommand(),
    new SignalsCommand(),
    new NetworksCommand(),
    new PeerCommand(),
    SoakCommand.Create(),
};
return root.Parse(args).Invoke();
