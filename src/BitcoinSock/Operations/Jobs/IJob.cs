namespace BitcoinSock;

/// <summary>
/// What an operation does between two waits: what it has done so far, and one step more. It never
/// waits and knows no clock; a <see cref="Driver"/> does. Its sock it has. Where its bytes are it
/// is told for each step, because a span does not outlive an await.
/// </summary>
/// <typeparam name="TPlace">Where the bytes are, or go.</typeparam>
internal interface IJob<TPlace>
    where TPlace : allows ref struct
{
    /// <summary>What to wait for after a step that moved nothing.</summary>
    SockEvents Awaited { get; }

    /// <summary>Whether all is done. May be so from the beginning.</summary>
    bool IsDone { get; }

    /// <summary>What to tell of it, however it ends.</summary>
    int Count { get; }

    /// <summary>At most a peek and a take, or one send.</summary>
    /// <returns>
    /// Ok if there is nothing against going on; the count is what this step moved. Anything else is
    /// how the job ends.
    /// </returns>
    SockOutcome Step(TPlace place);
}
