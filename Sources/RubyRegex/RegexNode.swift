/// A regular expression, taken apart.
indirect enum RegexNode {
    case set(RubyRegex.CharacterClass)
    case at(RubyRegex.Assertion)
    case sequence([RegexNode])
    case choice([RegexNode])
    case repeated(RegexNode, least: Int, most: Int?)
    case look(RegexNode, isWanted: Bool)

    /// - Throws: Where there are too many steps.
    func append(to steps: inout [RubyRegex.Instruction]) throws(InvalidRegex) {
        switch self {
        case .set(let set): steps.append(.scalar(set))
        case .at(let place): steps.append(.at(place))
        case .sequence(let nodes): for node in nodes { try node.append(to: &steps) }
        case .choice(let nodes): try choose(nodes[...], &steps)
        case .repeated(let node, let least, let most):
            for _ in 0..<least {
                let before = steps.count
                try node.append(to: &steps)
                // Nothing, however often, is nothing.
                guard steps.count > before else { return }
            }
            guard let most else { return try loop(node, &steps) }
            var skips: [Int] = []
            for _ in least..<max(most, least) {
                skips.append(steps.count)
                steps.append(.end)
                try node.append(to: &steps)
            }
            for skip in skips { steps[skip] = .split(skip + 1, steps.count) }
        case .look(let node, let isWanted):
            let place = steps.count
            steps.append(.end)
            try node.append(to: &steps)
            steps.append(.end)
            steps[place] = .look(isWanted: isWanted, next: steps.count)
        }
        guard steps.count <= RubyRegex.maxInstructions else {
            throw InvalidRegex(
                description: "the expression has more than \(RubyRegex.maxInstructions) steps, spelled out")
        }
    }

    private func choose(_ nodes: ArraySlice<RegexNode>, _ steps: inout [RubyRegex.Instruction]) throws(InvalidRegex) {
        var jumps: [Int] = []
        for (number, node) in nodes.enumerated() {
            let split = steps.count
            let isLast = number == nodes.count - 1
            if !isLast { steps.append(.end) }
            try node.append(to: &steps)
            guard !isLast else { break }
            jumps.append(steps.count)
            steps.append(.end)
            steps[split] = .split(split + 1, steps.count)
        }
        for jump in jumps { steps[jump] = .jump(steps.count) }
    }

    private func loop(_ node: RegexNode, _ steps: inout [RubyRegex.Instruction]) throws(InvalidRegex) {
        let split = steps.count
        steps.append(.end)
        try node.append(to: &steps)
        steps.append(.jump(split))
        steps[split] = .split(split + 1, steps.count)
    }
}
