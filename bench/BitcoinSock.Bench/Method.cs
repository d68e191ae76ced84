using System.Net.Sockets;

namespace BitcoinSock.Bench;

/// <summary>What runs in turn with others and gives a time in seconds.</summary>
internal sealed record Entrant(string Name, string Note, Func<double> Run);

/// <summary>A way to read all frames of a payload.</summary>
/// <param name="Name">What it is called in tables, ratios and data.</param>
/// <param name="Read">Reads to the end of the payload and says what it found.</param>
/// <param name="Note">What to know when comparing it.</param>
/// <param name="Divisor">It is so slow that it reads only such a part of the payload.</param>
internal sealed record ReadMethod(
    string Name,
    Func<Sock, Payload, Tally> Read,
    string Note = "",
    int Divisor = 1
)
{
    public Entrant On(AddressFamily family, Payload payload)
    {
        string note = Divisor == 1 ? Note : $"{Note}; 1/{Divisor} of it, scaled";
        return new(Name, note, () => Stage.Read(family, this, payload));
    }
}

/// <summary>A way to send a chunk over and over.</summary>
/// <param name="Name">What it is called in tables and ratios.</param>
/// <param name="Send">Sends the chunk until so many bytes are sent.</param>
/// <param name="Note">What to know when comparing it.</param>
internal sealed record SendMethod(string Name, Action<Sock, byte[], long> Send, string Note = "")
{
    public Entrant On(AddressFamily family, byte[] chunk, long total) =>
        new(Name, Note, () => Stage.Send(family, this, chunk, total));
}
