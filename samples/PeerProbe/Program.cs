using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Globalization;
using PeerProbe;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

// A new command is a file in Peers/ and a line here.
var root = new RootCommand("Talks to the peers of Bitcoin software, by BitcoinSock.")
{
    new DemoCommand(),
    new SamCommand(),
    new TorCommand(),
    new Socks5Command(),
    new BitcoinCommand(),
};
HelpOption help = root.Options.OfType<HelpOption>().Single();
help.Action = new HelpWithExitCodes((HelpAction)help.Action!);

ParseResult parsed = root.Parse(args is [] ? ["demo"] : args);
if (parsed.Action is ParseErrorAction wrong)
{
    wrong.ShowHelp = false;
    wrong.ShowTypoCorrections = false;
    parsed.Invoke();
    Console.Error.WriteLine("Try --help.");
    return (int)ExitCode.Usage;
}

return parsed.Invoke();
