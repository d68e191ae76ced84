using System.CommandLine;

namespace BitcoinSock.Field.Networks;

/// <summary>Plays every scenario, and prints a line for each.</summary>
internal sealed class NetworksCommand : Command
{
    private readonly Option<int> _far = new("--far")
    {
        Description = "A process in the network namespace at the other end of the device 'near'.",
        HelpName = "PID",
        Required = true,
    };

    public NetworksCommand()
        : base("networks", "Cuts links and kills peers; build/networks.sh makes the network.")
    {
        Add(_far);
        SetAction(given => Run(new Link(given.GetValue(_far))));
    }

    private static int Run(Link link)
    {
        int passed = 0;
        int failed = 0;
        foreach (
            (Scenario scenario, bool awaited) in from scenario in Cuts.All.Concat(Ends.All)
            from awaited in (bool[])[false, true]
            select (scenario, awaited)
        )
        {
            Forms.AreAwaited = awaited;
            string name = awaited ? $"{scenario.Name}, awaited" : scenario.Name;
            try
            {
                Console.WriteLine($"network {name}: ok ({scenario.Run(link)})");
                passed++;
            }
            catch (Exception wrong) // whatever it is: a line is never missing
            {
                Console.WriteLine($"network {name}: FAILED ({wrong.Message})");
                failed++;
                link.Restore(); // for the next
            }
        }

        Console.WriteLine($"{passed} passed, {failed} failed");
        return failed == 0 ? 0 : 1;
    }
}
