/// The peers' nine permits and three forbids in the policy language; what speaks of a patient's own choices
/// (permitted labels, denied persons and categories, research) is in the consents.
enum PeerRules {
    static let text = """
        topic: the policy that engines are compared with
        rules:
          - id: f3-very-restricted
            title: Very restricted records go to the care team with a second factor
            legal_basis: [comparison]
            layer: law-hard
            effect: deny
            when: { label: [genetics] }
            unless:
              - { relationship: [treating], role: [mfa] }
              - { requester: [patient] }
          - id: exports-are-the-patients
            title: Nobody but the patient exports
            legal_basis: [comparison]
            layer: law-hard
            effect: deny
            when: { role: [exporting] }
            unless: [{ requester: [patient] }]
          - id: p9-emergency
            title: Break-glass by a clinician with a second factor
            legal_basis: [comparison]
            layer: emergency
            effect: permit
            when: { requester: [clinician], role: [clinician], role_none: [no-mfa], break_glass: valid,
              purpose: [ETREAT], action: [read] }
          - id: p1-own-record
            title: Patients see their own records
            legal_basis: [comparison]
            layer: law-default
            effect: permit
            when: { relationship: [patient], purpose: [PATRQT], action: [read] }
          - id: p2-representative
            title: Representatives, but not psychiatry
            legal_basis: [comparison]
            layer: law-default
            effect: permit
            when: { requester: [family], relationship: [related], purpose: [PATRQT], action: [read],
              label_none: [mental-health] }
          - id: p3-care-team
            title: The care team, records that are not sensitive
            legal_basis: [comparison]
            layer: law-default
            effect: permit
            when: { requester: [clinician], role: [clinician], relationship: [treating],
              purpose: [TREAT], label_none: [mental-health, hiv, substance-use, violence,
              sexual-reproductive] }
          - id: p5-nurses
            title: Nurses of the care team, some types
            legal_basis: [comparison]
            layer: law-default
            effect: permit
            when: { requester: [clinician], role: [nurse], relationship: [treating],
              purpose: [TREAT], action: [read], label_none: [mental-health, hiv, substance-use,
              violence, sexual-reproductive], type: [Observation, MedicationRequest,
              AllergyIntolerance, Immunization, Condition] }
          - id: p6-pharmacists
            title: Pharmacists of the organization that wrote it
            legal_basis: [comparison]
            layer: law-default
            effect: permit
            when: { requester: [clinician], role: [pharmacist], purpose: [TREAT], action: [read],
              author: [requester-organization], type: [MedicationRequest, AllergyIntolerance] }
          - id: p7-billing
            title: Billing, records that are not sensitive
            legal_basis: [comparison]
            layer: law-default
            effect: permit
            when: { requester: [business-associate], purpose: [HPAYMT], action: [read],
              type: [Claim, Coverage, Encounter], label_none: [mental-health, hiv, substance-use,
              violence, sexual-reproductive] }
        """
}
